# What of the inputs is read: folders and lists, an interval, segments, vetoes, channels.
D=$SOURCE/models/bbh-real.hdf
"$MAKE_STRAIN" good.hdf good 1 || fail make_strain
mkdir folder && cp good.hdf folder/a.hdf
expect 0 "$G" condition good.hdf -o all.hdf
# a folder, a list, a list on standard input
expect 0 "$G" condition folder -o folder.hdf
h5diff all.hdf folder.hdf /H1 /H1 || fail "a folder is not its file"
echo "H H1_X 1262304000 40 file://localhost$PWD/good.hdf" >list.lcf
expect 0 "$G" condition list.lcf -o list.hdf
h5diff all.hdf list.hdf /H1 /H1 || fail "a cache is not its file"
echo good.hdf | "$G" condition - -o stdin.hdf 2>err || fail "standard input: $(cat err)"
h5diff all.hdf stdin.hdf /H1 /H1 || fail "a list on standard input is not its file"
expect 0 "$G" condition 'fold*/?.hdf' -o pattern.hdf
h5diff all.hdf pattern.hdf /H1 /H1 || fail "a pattern is not its file"
refuse 1 "no file has such a name" "$G" condition 'fold*/?.gwf' -o x.hdf
# inspect says what is in each file that they stand for, and goes on behind one that cannot be read
expect 1 "$G" inspect --json folder nowhere list.lcf "$SOURCE/tests/cli"
[ "$(grep -c '"kind": "strain"' out)" = 2 ] && grep -q '"file": "folder/a.hdf"' out && [ "$(wc -l <err)" = 2 ] || fail "inspect: $(cat out err)"
refuse 1 "without a file of strain" "$G" condition "$SOURCE/tests/cli" -o x.hdf
# a file that only a list names is an input too, and no output replaces it
cp good.hdf kept.hdf
refuse 1 "input" "$G" condition list.lcf -o good.hdf --force
cmp -s good.hdf kept.hdf || fail "an input was replaced"

# an interval
expect 0 "$G" condition good.hdf --gps-start-time 1262304008 --gps-end-time 1262304030 -o part.hdf
expect 0 "$G" inspect part.hdf
grep -q 'H1  GPS 12623040\(0[89]\|1[0-9]\)' out || fail "--gps-start-time: $(cat out)"
expect 0 "$G" psd --detector H1 --segment 4 good.hdf
cp out whole
expect 0 "$G" psd --detector H1 --segment 4 --gps-start-time 1262304000 --gps-end-time 1262304040 good.hdf
cmp -s out whole || fail "an interval that holds all is another psd"
expect 0 "$G" psd --detector H1 --segment 4 --gps-start-time 1262304010 good.hdf
cmp -s out whole && fail "--gps-start-time changes nothing"
cp out later
printf '# a comment\n1262304010 1262304040\n' >segments.txt
echo '{"H1": [[1262304010, 1262304040]]}' >segments.json
cat >segments.xml <<'XML'
<?xml version='1.0' encoding='utf-8'?>
<!DOCTYPE LIGO_LW SYSTEM "http://ldas-sw.ligo.caltech.edu/doc/ligolwAPI/html/ligolw_dtd.txt">
<LIGO_LW><Table Name="segment_definer:table">
<Column Name="segment_def_id" Type="int_8s"/><Column Name="ifos" Type="lstring"/><Column Name="name" Type="lstring"/>
<Stream Name="segment_definer:table" Delimiter="," Type="Local">0,"H1","SCIENCE"</Stream></Table>
<Table Name="segment:table">
<Column Name="segment_definer:segment_def_id" Type="int_8s"/><Column Name="start_time" Type="int_4s"/><Column Name="end_time" Type="int_4s"/>
<Stream Name="segment:table" Delimiter="," Type="Local">0,1262304010,1262304040</Stream></Table></LIGO_LW>
XML
gzip -k segments.xml
for s in segments.txt segments.json segments.xml segments.xml.gz; do
    expect 0 "$G" psd --detector H1 --segment 4 --segments $s good.hdf
    cmp -s out later || fail "--segments $s is not the same interval"
done
refuse 1 "no input has data in the time" "$G" psd --detector H1 --gps-start-time 1300000000 good.hdf
refuse 1 "wanted seconds of GPS" "$G" psd --detector H1 --gps-start-time 5 --gps-end-time 4 good.hdf
printf "1 2\n3\n" >broken.txt
refuse 1 "line 2" "$G" psd --detector H1 --segments broken.txt good.hdf
refuse 2 "is of an estimate" "$G" psd --curve aLIGOZeroDetHighPower --veto segments.txt

# a veto is a gap: counted, and no trigger is made from it
printf '1262304018 1262304022\n' >veto.txt
expect 0 "$G" detect -m "$D" --veto veto.txt good.hdf
grep -q '^H1: 4 s of 40 s left out: 4 s vetoed$' out || fail "a veto is not said: $(cat out)"
expect 0 "$G" condition good.hdf --veto veto.txt -o vetoed.hdf
expect 0 "$G" inspect vetoed.hdf
[ "$(grep -c '^  H1  GPS' out)" = 2 ] || fail "a veto does not end a segment: $(cat out)"

# channels: of frames and of series in HDF5, and of nothing else
cp "$SOURCE"/tests/golden/files/gwpy_dict.hdf5 two.hdf5
expect 0 "$G" psd --segment 0.5 --channel L1:TEST-STRAIN two.hdf5
cp out named
expect 0 "$G" psd --segment 0.5 --detector L1 two.hdf5
cmp -s out named || fail "--channel L1:TEST-STRAIN is not L1"
refuse 1 "has none of the channels that were named" "$G" psd --channel V1:TEST-STRAIN two.hdf5
refuse 1 "has no channels among which one could be named" "$G" psd --channel H1:TEST-STRAIN good.hdf
refuse 1 "wanted a name such as H1:" "$G" psd --channel STRAIN two.hdf5

# states: no sample of this channel is a whole number, so that none has the bits that are wanted
refuse 1 "out of the wanted state" "$G" psd --segment 0.5 --detector H1 --channel H1:TEST-STRAIN --state-channel H1:TEST-STRAIN two.hdf5
expect 0 "$G" psd --segment 0.5 --detector L1 --channel L1:TEST-STRAIN --state-channel H1:TEST-STRAIN --state-bits 0x1 two.hdf5
cmp -s out named || fail "a state of H1 changes L1"
refuse 1 "has no channel H1:STATE, whose state is wanted" "$G" psd --channel H1:TEST-STRAIN --state-channel H1:STATE two.hdf5
refuse 1 "no channels among which one could be of states" "$G" psd --state-channel H1:STATE good.hdf
refuse 1 "both of H1" "$G" psd --state-channel H1:A,H1:B two.hdf5
for mask in 0 -1 3x 4294967296 ''; do
    refuse 1 "wanted a mask" "$G" psd --state-channel H1:STATE --state-bits "$mask" two.hdf5
done
refuse 2 "goes with --state-channel" "$G" psd --state-bits 3 two.hdf5
refuse 2 "is of an estimate" "$G" psd --curve aLIGOZeroDetHighPower --state-channel H1:STATE
