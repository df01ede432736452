/* inputs.h - what a user names as input, as the list of files that it stands for.
 *
 *   a file, or a name such as sim:...       itself
 *   a folder                                the files in it whose endings are those of strain, in order of names, not those of its folders
 *   *.lcf, *.cache                          a LIGO cache: observatory, description, start, duration, address on each line
 *   *.ffl                                   a Virgo list: path, start, duration on each line
 *   a name with *, ? or [, that no file has  what fits, in order of names, each as if it were named
 *   -                                       a list on standard input: paths or lines of a LIGO cache
 *
 * Addresses are file://localhost/..., file:///... or paths; those of other schemes are refused, for they have to be fetched first.  Blank lines
 * and those that begin with # are skipped.  Paths in a list that begin with no slash are seen from the list's folder.
 */
#ifndef GWS_STRAIN_INPUTS_H
#define GWS_STRAIN_INPUTS_H

#include "base/err.h"

#include <stdio.h>

#define GWS_INPUTS_MAX 10000000 /* files */

/* Expand.
 *   names    (n)
 *   standard_input   for "-"; NULL: there is none
 *   out      (n_out) allocated, as is each of its names; free with gws_inputs_free
 * EDATA: a folder without a file of strain, an empty list, a pattern that nothing fits; EFORMAT: a line that is none. */
gws_status gws_inputs_expand(const char *const *names, int n, FILE *standard_input, char ***out, int *n_out, gws_err *err);
void gws_inputs_free(char **names, int n);

/* The path out of an address, in place and with its %XX read; NULL: of another scheme or another machine. */
char *gws_inputs_path(char *address);

#endif
