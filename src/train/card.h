/* card.h - the card of a trained model (/card of its file): what was trained, and what was measured. */
#ifndef GWS_TRAIN_CARD_H
#define GWS_TRAIN_CARD_H

#include "model/checkpoint.h"
#include "train/calibrate.h"
#include "train/distance.h"
#include "train/settings.h"

/* The card as text.
 *   test  (2)  in  of the spiking and the linear head, where the recipe has test candidates
 * returns  to be freed with free(); NULL: no memory */
char *gws_train_card(const gws_checkpoint *c, const gws_train_settings *s, const gws_distance test[2], const gws_efficiency *e);

#endif
