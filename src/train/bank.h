/* bank.h - the bank of a matched stem: chosen once, when a training begins, and from then on part of the model. */
#ifndef GWS_TRAIN_BANK_H
#define GWS_TRAIN_BANK_H

#include "base/err.h"
#include "base/ini.h"
#include "base/thread.h"
#include "model/checkpoint.h"

/* Read section [bank] and check it; keys are documented in configs/bbh-design.ini.  A network without a matched stem has none. */
gws_status gws_train_bank_check(gws_ini *recipe, const gws_arch *a, gws_err *err);

/* Choose the templates and write filters, weights and places into the model's parameters.  Some seconds for 900 candidates.
 * The same bits for any number of threads and any instruction set. */
gws_status gws_train_bank(gws_ini *recipe, gws_checkpoint *c, gws_pool *pool, gws_err *err);

#endif
