/* interrupt.h - set by main's handler of SIGINT and SIGTERM, read by the progress bar and nobody else. */
#ifndef GWS_CLI_INTERRUPT_H
#define GWS_CLI_INTERRUPT_H

#include <signal.h>

extern volatile sig_atomic_t gws_interrupted;

#endif
