/* assert.h - broken preconditions, which end the program in release builds too. */
#ifndef GWS_BASE_ASSERT_H
#define GWS_BASE_ASSERT_H

/* Report a broken precondition on stderr and abort; use the macro. */
_Noreturn void gws_assert_fail(const char *cond, const char *file, int line);

#define GWS_ASSERT(cond) ((cond) ? (void)0 : gws_assert_fail(#cond, __FILE__, __LINE__))

#endif
