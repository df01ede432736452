/* interrupt.h - how a signal ends the program.
 *
 * A thread of its own waits for SIGINT, SIGTERM and SIGHUP (unless nohup had that ignored), so that what it does at a signal is
 * not bound to what a handler may do.  It sets gws_interrupted, for work that looks and stops by itself; what has not ended
 * half a second later, or at a second signal, it ends: temporaries are removed, a commit that is under way is waited for, and
 * the exit status is 128 and the signal's number.  A closed pipe at stdout (SIGPIPE) ends the program in the same way, at once
 * and without a word.
 */
#ifndef GWS_CLI_INTERRUPT_H
#define GWS_CLI_INTERRUPT_H

#include <stdatomic.h>
#include <sys/types.h>

extern atomic_int gws_interrupted; /* number of the signal; 0: none */

/* Called once, before any thread is made. */
void gws_interrupt_start(void);

/* Should a line be printed about the signal?  The answer is yes once. */
int gws_interrupt_say(void);

/* A verb that runs until it is told to stop: SIGHUP no longer ends it but is counted. */
extern atomic_int gws_hangups;
void gws_interrupt_serve(void);

/* Set how long to wait for a verb that has something to save when it stops. */
void gws_interrupt_grace(double seconds);

/* gws_interrupt_in_child undoes gws_interrupt_start in a child process.  gws_interrupt_child names the child that is killed when a
 * signal ends the program (0: there is none any more). */
void gws_interrupt_in_child(void);
void gws_interrupt_child(pid_t child);

#endif
