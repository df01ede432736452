#include "base/ifo.h"

int gws_is_ifo(const char *word)
{
    return word[0] >= 'A' && word[0] <= 'Z' && word[1] >= '0' && word[1] <= '9' && word[2] == '\0';
}
