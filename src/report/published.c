/* published.c - see published.h.  Set 1: Gaussian noise, no spins; set 4: noise of the third observing run.  The challenge: Schaefer et al.,
 * Phys. Rev. D 107, 023021 (2023), arXiv:2209.11146; numbers of its searches by the tables of Daoudi (2026), which agree with the ratios that
 * the paper's abstract gives.  cWB and AresGW are read off the sensitivity plot of the AresGW repository, good to some 1 %. */
#include "report/published.h"

#include <stddef.h>

static const gws_published all[] = {
    {1, "PyCBC", 3, {100, 10, 1}, {2687, 2551, 2492}, {8, 8, 8}},
    {1, "TPI FSU Jena", 3, {100, 10, 1}, {2635, 2472, 2363}, {8, 8, 8}},
    {1, "Virgo-AUTh", 3, {100, 10, 1}, {2512, 2318, 2116}, {0}},
    {1, "Daoudi 2026", 3, {100, 10, 1}, {2897, 2772, 2632}, {7, 8, 8}},
    {4, "PyCBC", 4, {1000, 100, 10, 1}, {1850, 1722, 1610, 1544}, {0, 10, 10, 10}},
    {4, "cWB", 4, {1000, 100, 10, 1}, {1460, 1407, 1332, 1229}, {0}},
    {4, "Virgo-AUTh", 3, {100, 10, 1}, {1609, 1400, 1092}, {10, 11, 12}},
    {4, "AresGW model 1", 4, {1000, 100, 10, 1}, {1998, 1817, 1632, 1576}, {0}},
    {4, "Daoudi 2026", 3, {100, 10, 1}, {1820, 1668, 1532}, {10, 10, 11}},
};

const gws_published *gws_published_of(int set, int i)
{
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
        if (all[k].set == set && i-- == 0)
            return &all[k];
    return NULL;
}

const char *gws_published_source(int set)
{
    return set == 1 ? "Points: searches on MLGWSC-1's set 1, from Schaefer et al. 2023 (arXiv:2209.11146) and Daoudi 2026."
                    : "Points: searches on MLGWSC-1's set 4, from Schaefer et al. 2023 (arXiv:2209.11146) and Daoudi 2026; cWB and "
                      "AresGW "
                      "digitised from the AresGW repository's sensitivity plot.";
}
