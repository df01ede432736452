/* Made by tools/golden/mt19937.py with numpy 2.3.5 */
static const uint32_t golden_mt_seed[] = {0U, 1U, 2514409456U, 4294967295U};
static const int64_t golden_mt_integer_0[] = {INT64_C(2357136044), INT64_C(187121911899765), INT64_C(0), INT64_C(439107), INT64_C(3)};
static const double golden_mt_uniform_0[] = {0x1.b744a5e2df5dbp-1, 0x1.b1cafadb1d290p-1, 0x1.3f43bda956544p-1, 0x1.7874619fa1eb8p+4};
static const double golden_mt_normal_0[] = {-0x1.2a632eb4e1cedp+3, -0x1.1091a39dd2cddp+2, -0x1.62725000d5e4ap+2, -0x1.c2fb9a8c4c217p+5, -0x1.671bdfc88d66cp+1, -0x1.8233da2b8b0c7p+5, 0x1.29b0d88efa197p+3, -0x1.7f13690add09cp+4};
static const int64_t golden_mt_integer_1[] = {INT64_C(1791095845), INT64_C(986174829571980), INT64_C(8), INT64_C(491263), INT64_C(3)};
static const double golden_mt_uniform_1[] = {0x1.06661c4d65aacp-3, 0x1.ff823d096472dp-1, 0x1.e3829e17a3808p-3, 0x1.80d8f86804b47p+4};
static const double golden_mt_normal_1[] = {0x1.952f4139b70cap+5, -0x1.0b8ebe1fb87d5p+5, 0x1.07c698330eda1p+3, -0x1.f59ae25e475a8p+5, -0x1.81ffaec15c45dp+5, -0x1.c5b8653aa7b7cp+2, -0x1.02efa03a45f17p+4, -0x1.4cd951c7b64a9p+4};
static const int64_t golden_mt_integer_2514409456[] = {INT64_C(1994844369), INT64_C(-488525999211872), INT64_C(19), INT64_C(48316), INT64_C(3)};
static const double golden_mt_uniform_2514409456[] = {0x1.806ce590787bap-2, 0x1.25acc9b74fda6p-1, 0x1.48c55458db744p-3, 0x1.05cac82662480p+3};
static const double golden_mt_normal_2514409456[] = {0x1.60e50e5297fbdp+2, 0x1.44dc5e165c782p+3, -0x1.7ea513ebaf46ep+5, -0x1.22bb12fc2cbd2p+3, -0x1.72702aa56d01bp+4, -0x1.695b29834c5f5p+5, -0x1.974631e27e62dp+4, -0x1.e6d495ebd032bp+5};
static const int64_t golden_mt_integer_4294967295[] = {INT64_C(419326371), INT64_C(-491331750073332), INT64_C(7), INT64_C(407476), INT64_C(3)};
static const double golden_mt_uniform_4294967295[] = {0x1.0d79fcb1eb943p-1, 0x1.8a8e03c125ec7p-1, 0x1.225dfcfc18c52p-2, 0x1.cb04839503592p+4};
static const double golden_mt_normal_4294967295[] = {0x1.17067fef4bbcbp+5, 0x1.11aa576c0a4c3p+5, 0x1.e853b54cecf0dp+3, -0x1.06a2d3a067464p+5, 0x1.0f9be07277531p+4, 0x1.9b980557af21cp+1, 0x1.d3b3276e31e18p+1, 0x1.46744eb032650p+4};
