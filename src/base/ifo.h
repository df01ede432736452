/* ifo.h - the two limits on how many detectors come together. */
#ifndef GWS_BASE_IFO_H
#define GWS_BASE_IFO_H

/* Detectors whose strain is read, made or matched together. */
#define GWS_MAX_IFO 8

/* Detectors that one network or one coherent sum takes.  It is the smaller one because a coherent sum tries every set of its detectors,
 * 2^5 of them, and because the random streams of the training are numbered by it: another number here changes every trained model. */
#define GWS_MODEL_IFOS 5

/* Is a word a detector: one upper-case letter and one digit? */
int gws_is_ifo(const char *word);

#endif
