# waveform: the families, the bursts, and what is refused.
band="--delta-f 0.25 --f-final 1024"
binary="--mass1 36 --mass2 29 --f-lower 20 $band"
expect 0 "$G" waveform --approximant IMRPhenomPv2 $binary --spin1x 0.3 --spin2y -0.4 --f-ref 50 -o p.hdf
expect 0 "$G" waveform --approximant TaylorF2 --mass1 1.4 --mass2 1.3 --lambda1 400 --lambda2=700 --f-lower 20 $band -o t.hdf
expect 0 "$G" waveform --approximant TaylorF2 --mass1 1.4 --mass2 1.3 --f-lower 20 $band -o t0.hdf
cmp -s t.hdf t0.hdf && fail "--lambda1 changes nothing"
expect 0 "$G" waveform --approximant IMRPhenomD $binary --modes 22 -o d.hdf
expect 0 "$G" waveform --approximant SineGaussian --q 9 --frequency 200 --hrss 1e-22 --eccentricity 0.3 --coa-phase 1 $band -o s.hdf
expect 0 "$G" waveform --approximant Ringdown --mass 62 --spin 0.67 --mass-loss 0.02 --l 3 --m 3 --distance 410 $band -o r.hdf
expect 0 "$G" waveform --approximant Ringdown --mass 62 --spin 0.67 --mass-loss 0.02 --l 3 --m 3 --distance 410 $band -o r2.hdf
cmp -s r.hdf r2.hdf || fail "the same ringdown twice differs"
for f in p t d s r; do
    expect 0 "$G" inspect $f.hdf
    grep -q "/hplus  *compound  *(4097)" out && grep -q "/hcross  *compound  *(4097)" out || fail "$f.hdf: $(cat out)"
done

expect 0 "$G" waveform --approximant IMRPhenomXPHM $binary --spin1z 0.3 -o x0.hdf
expect 0 "$G" waveform --approximant IMRPhenomXPHM $binary --spin1z 0.3 --exact -o x1.hdf
cmp -s x0.hdf x1.hdf && fail "--exact changes nothing"
expect 0 "$G" inspect x1.hdf
grep -q "exact" out || fail "x1.hdf does not say that it is exact: $(cat out)"
refuse 2 "exact means nothing to IMRPhenomD" "$G" waveform --approximant IMRPhenomD $binary --exact -o x.hdf

refuse 1 "along the orbital" "$G" waveform --approximant IMRPhenomD $binary --spin1x 0.3 -o x.hdf
refuse 1 "tidal" "$G" waveform --approximant IMRPhenomPv2 $binary --lambda1 100 -o x.hdf
refuse 1 "no modes but 22" "$G" waveform --approximant IMRPhenomD $binary --modes "22 33" -o x.hdf
# The last frequency: TaylorF2 goes beyond the innermost orbit (24 Hz here) when it is asked to, and stops there when it is not.
heavy="--approximant TaylorF2 --mass1 90 --mass2 90 --delta-f 0.25"
expect 0 "$G" waveform $heavy --f-lower 30 --f-final 1024 -o h.hdf
refuse 1 "end of the inspiral" "$G" waveform $heavy --f-lower 30 --f-final 0 -o x.hdf
expect 0 "$G" waveform $heavy --f-lower 20 --f-final 0 -o h0.hdf
expect 0 "$G" inspect h0.hdf
grep -q "/hplus  *compound  *(98)" out || fail "TaylorF2 to its own end: $(cat out)"
expect 0 "$G" waveform --approximant IMRPhenomD --mass1 36 --mass2 29 --f-lower 20 --delta-f 0.25 --f-final 0 -o e.hdf
expect 0 "$G" inspect e.hdf
grep -q "/hplus  *compound  *(2499)" out || fail "IMRPhenomD to its own end: $(cat out)"
for model in D Pv2 XAS XHM XPHM; do
    refuse 1 "end of the model" "$G" waveform --approximant IMRPhenom$model --mass1 36 --mass2 29 --f-lower 950 $band -o x.hdf
    refuse 1 "not below f_final" "$G" waveform --approximant IMRPhenom$model --mass1 36 --mass2 29 --f-lower 20 --delta-f 1 --f-final 19 -o x.hdf
done
refuse 1 "not below f_final" "$G" waveform $heavy --f-lower 20 --f-final 20 -o x.hdf
refuse 1 "fewer than 1e+09 steps" "$G" waveform --approximant IMRPhenomD --mass1 36 --mass2 29 --f-lower 20 --delta-f 1e-8 --f-final 0 -o x.hdf
refuse 2 "wanted positive" "$G" waveform $heavy --f-lower 20 --f-final -1 -o x.hdf
refuse 2 "wanted positive" "$G" waveform --approximant SineGaussian --q 9 --frequency 200 --hrss 1e-22 --delta-f 1 --f-final 0 -o x.hdf
refuse 1 "IMRPhenomPv2" "$G" waveform --approximant Pv2 $binary -o x.hdf
refuse 1 "below half of the rate" "$G" waveform --approximant SineGaussian --q 9 --frequency 1024 --hrss 1e-22 $band -o x.hdf
refuse 1 "spin -0.5" "$G" waveform --approximant Ringdown --mass 62 --spin -0.5 --mass-loss 0.02 $band -o x.hdf
refuse 1 "l 9, m 2" "$G" waveform --approximant Ringdown --mass 62 --spin 0.5 --mass-loss 0.02 --l 9 $band -o x.hdf
refuse 2 "modes \"20\"" "$G" waveform --approximant IMRPhenomD $binary --modes 20 -o x.hdf
refuse 2 "q means nothing to IMRPhenomD" "$G" waveform --approximant IMRPhenomD $binary --q 9 -o x.hdf
refuse 2 "mass1 means nothing to Ringdown" "$G" waveform --approximant Ringdown --mass1 62 --mass 62 --spin 0 --mass-loss 0.02 $band -o x.hdf
refuse 2 "hrss is needed" "$G" waveform --approximant SineGaussian --q 9 --frequency 200 $band -o x.hdf
refuse 2 "f-lower is needed" "$G" waveform --approximant TaylorF2 --mass1 2 --mass2 1 $band -o x.hdf
refuse 2 "l wants a whole number" "$G" waveform --approximant Ringdown --mass 62 --spin 0 --mass-loss 0.02 --l 2.5 $band -o x.hdf
refuse 2 "at least --delta-f" "$G" waveform --approximant Ringdown --mass 62 --spin 0 --mass-loss 0.02 --delta-f 8 --f-final 4 -o x.hdf
