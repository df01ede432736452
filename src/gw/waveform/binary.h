/* binary.h - the parameters of a binary, as LALSimulation counts them. */
#ifndef GWS_GW_WAVEFORM_BINARY_H
#define GWS_GW_WAVEFORM_BINARY_H

typedef struct gws_binary {
    double mass1_msun, mass2_msun; /* detector frame */
    double spin1[3], spin2[3];     /* dimensionless, at f_ref; z along the orbital angular momentum */
    double distance_mpc;
    double incl_rad, coa_phase_rad;
    double f_lower_hz, f_ref_hz; /* f_ref 0 means f_lower */
    double f_final_hz;           /* last frequency; 0: the model's own end */
    double lambda1, lambda2;     /* dimensionless tidal deformabilities; 0 for black holes */
    unsigned modes;              /* GWS_MODE_* joined by |, each with its -m; 0: all that the model has */
    int exact;                   /* IMRPhenomXHM, XPHM: every bin evaluated, not LAL's default (multibanding thresholds of 1e-3) */
} gws_binary;

#define GWS_MODE_22 1U
#define GWS_MODE_21 2U
#define GWS_MODE_33 4U
#define GWS_MODE_32 8U
#define GWS_MODE_44 16U

#endif
