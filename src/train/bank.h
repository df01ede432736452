/* bank.h - the bank of a matched stem.  It is chosen once, when a training begins, and is part of the model from then on. */
#ifndef GWS_TRAIN_BANK_H
#define GWS_TRAIN_BANK_H

#include "base/err.h"
#include "base/ini.h"
#include "base/thread.h"
#include "model/checkpoint.h"
#include "matched/stem_bank.h"

/* Read section [bank] and check it; keys are documented in configs/bbh-design.ini and configs/bbh-real.ini.  A network without a matched stem has none. */
gws_status gws_train_bank_check(gws_ini *recipe, const gws_arch *a, gws_err *err);

/* Choose the templates and write filters, weights and places into the model's parameters.  Some seconds for 900 candidates.
 * The same bits for any number of threads and any instruction set. */
gws_status gws_train_bank(gws_ini *recipe, gws_checkpoint *c, gws_pool *pool, gws_err *err);

/* The same bank without a model.  Clear it with gws_stem_bank_clear. */
gws_status gws_train_bank_choose(gws_ini *recipe, const gws_arch *a, gws_pool *pool, gws_stem_bank *out, gws_err *err);

/* Give the bank of a model with a matched stem: filters and weights, and the templates as far as they are known.  A model holds no
 * masses.  They are drawn again as its recipe says; a template gets its masses when the filter made of them is the model's to the
 * bit, else NaN.
 *   chirp_mass  (templates) out  of each, solar masses, which a model does hold */
gws_status gws_train_bank_of(const gws_checkpoint *c, gws_stem_bank *out, double *chirp_mass, gws_err *err);

#endif
