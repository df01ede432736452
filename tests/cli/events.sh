# The public events with the shipped model.  Truth: merger times of the GWOSC catalogue; the loud glitch in L1 six seconds before GW170814.
M=$SOURCE/models/default.hdf
[ -f "$M" ] || { echo "skipped: no shipped model"; exit 77; }
[ -d "$DATA/gwosc" ] || { echo "skipped: no $DATA/gwosc"; exit 77; }

# loudest NAME MERGER FILES... - the loudest trigger of these files lies within 0.1 s of the merger; its line stays in ./top
loudest()
{
    name=$1 merger=$2
    shift 2
    expect 0 "$G" detect -m "$M" --head "$HEAD" --json "$@"
    tr -d '{}" ' <out | awk -F'[,:]' 'NR == 1 || $4 > best {best = $4; line = $2 " " $4} END {if (NR) print line}' >top
    read -r gps stat <top || fail "$name, $HEAD head: no trigger"
    awk -v a="$gps" -v b="$merger" 'BEGIN {d = a - b; exit !(d <= 0.1 && d >= -0.1)}' ||
        fail "$name, $HEAD head: loudest trigger at $gps (statistic $stat), merger at $merger"
}

for HEAD in spiking linear; do
    loudest "GW150914 V2" 1126259462.42 "$DATA"/gwosc/[HL]-[HL]1_LOSC_4_V2-1126259446-32.hdf5
    loudest "GW150914 V1" 1126259462.42 "$DATA"/gwosc_v1/[HL]-[HL]1_LOSC_4_V1-1126259446-32.hdf5
    loudest "GW150914 16 kHz" 1126259462.42 "$DATA"/gwosc/[HL]-[HL]1_GWOSC_16KHZ_R1-1126259447-32.hdf5
    loudest "GW170104" 1167559936.60 "$DATA"/gwosc/[HL]-[HL]1_LOSC_4_V1-1167559920-32.hdf5
    loudest "GW170814" 1186741861.53 "$DATA"/gwosc/[HL]-[HL]1_GWOSC_16KHZ_R1-1186741846-32.hdf5
    # any trigger at the L1 glitch is quieter than the merger, or there is none
    tr -d '{}" ' <out | awk -F'[,:]' -v top="$(cut -d' ' -f2 top)" '$2 > 1186741855.47 && $2 < 1186741856.07 && $4 >= top {exit 1}' ||
        fail "GW170814, $HEAD head: the L1 glitch is louder than the merger"
done
