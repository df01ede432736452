#include "archive/credentials.h"

#include "base/file.h"

#include <dirent.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TOKEN ((size_t)64 << 10) /* bytes of one, at most */
#define TOKEN_LEFT_S 60
#define CERT_LEFT_S 600
#define SCOPE "gwdatafind.read"

struct finder {
    gws_environment environment;
    const char *server;
    gws_credentials *out;
    int failed; /* no memory */
};

static void note(gws_credentials *c, const char *where, const char *why)
{
    const size_t n = strlen(c->note);
    snprintf(c->note + n, sizeof c->note - n, "%s%s: %s", n ? "; " : "", where, why);
}

static const char *get(const struct finder *f, const char *name)
{
    const char *s = f->environment(name);
    return s && *s ? s : NULL;
}

static int is_left_out(const struct finder *f, const char *name)
{
    const char *s = f->environment(name);
    return s && strcmp(s, "1") != 0 && strcasecmp(s, "y") != 0 && strcasecmp(s, "yes") != 0 && strcasecmp(s, "true") != 0;
}

/* ---- tokens ---- */

/* The claims of a token: base64url between its dots. */
static json_t *claims_of(const char *token)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *p = strchr(token, '.');
    const char *end = p ? strchr(p + 1, '.') : NULL;
    if (!end)
        return NULL;
    char *text = malloc((size_t)(end - p) + 4);
    size_t n = 0;
    unsigned bits = 0;
    int have = 0;
    for (p++; text && p < end; p++) {
        const char *d = *p ? strchr(digits, *p) : NULL;
        if (!d)
            break;
        bits = bits << 6 | (unsigned)(d - digits);
        have += 6;
        if (have >= 8) {
            have -= 8;
            text[n++] = (char)(bits >> have & 255);
        }
    }
    json_t *claims = text ? json_loadb(text, n, 0, NULL) : NULL;
    free(text);
    return claims;
}

static int is_audience(const char *aud, const char *server)
{
    static const char *const any[] = {"ANY", "https://wlcg.cern.ch/jwt/v1/any"};
    for (int i = 0; i < 2; i++)
        if (strcmp(aud, any[i]) == 0)
            return 1;
    const size_t origin = 8 + strcspn(server + 8, "/"), host = 8 + strcspn(server + 8, ":/"), n = strlen(aud);
    return (n == origin || n == host) && strncasecmp(aud, server, n) == 0;
}

/* "gwdatafind.read read:/ligo" */
static int has_scope(const char *scopes)
{
    for (const char *p = scopes; *p; p += strcspn(p, " ")) {
        p += strspn(p, " ");
        const size_t n = strcspn(p, " ");
        if (n >= strlen(SCOPE) && strncmp(p, SCOPE, strlen(SCOPE)) == 0 && (n == strlen(SCOPE) || p[strlen(SCOPE)] == ':'))
            return 1;
    }
    return 0;
}

/* Why a token is of no use here; NULL: it is. */
static const char *refuse_token(const char *token, const char *server)
{
    const size_t n = strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=");
    json_t *claims = n > 0 && token[n] == '\0' ? claims_of(token) : NULL;
    const json_t *aud = json_object_get(claims, "aud"), *exp = json_object_get(claims, "exp"), *one;
    const char *scope = json_string_value(json_object_get(claims, "scope")), *why = NULL;
    int good = json_is_string(aud) && is_audience(json_string_value(aud), server);
    size_t i;
    json_array_foreach(aud, i, one) good |= json_is_string(one) && is_audience(json_string_value(one), server);
    if (!json_is_object(claims))
        why = "no SciToken";
    else if (!json_is_number(exp) || json_number_value(exp) < (double)time(NULL) + TOKEN_LEFT_S)
        why = "expired";
    else if (!good)
        why = "for another server";
    else if (!scope || !has_scope(scope))
        why = "without the scope " SCOPE;
    json_decref(claims);
    return why;
}

/* Returns not 0 when the search is over. */
static int try_token(struct finder *f, const char *text, const char *where)
{
    const size_t skip = strspn(text, " \t\r\n"), n = strlen(text);
    size_t end = n;
    while (end > skip && strchr(" \t\r\n", text[end - 1]))
        end--;
    char *token = strndup(text + skip, end - skip);
    if (!token) {
        f->failed = 1;
        return 1;
    }
    const char *why = refuse_token(token, f->server);
    if (!why) {
        f->out->token = token;
        return 1;
    }
    note(f->out, where, why);
    OPENSSL_cleanse(token, strlen(token));
    free(token);
    return 0;
}

/* A file of the user's own, in a folder where others may write. */
static int is_own_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid();
}

/* `must`: the user named it. */
static int try_token_file(struct finder *f, const char *path, const char *where, int must)
{
    char *text = NULL;
    size_t n = 0;
    if (!must && !is_own_file(path))
        return 0;
    if (gws_file_read(path, TOKEN, &text, &n, NULL) != GWS_OK) {
        note(f->out, where, "cannot be read");
        return 0;
    }
    const int over = try_token(f, text, where);
    OPENSSL_cleanse(text, n);
    free(text);
    return over;
}

static int try_condor(struct finder *f, const char *folder)
{
    DIR *d = opendir(folder);
    const struct dirent *e;
    int over = 0;
    while (d && !over && (e = readdir(d))) {
        char path[4096];
        const size_t n = strlen(e->d_name);
        if (n > 4 && strcmp(e->d_name + n - 4, ".use") == 0 &&
            (size_t)snprintf(path, sizeof path, "%s/%s", folder, e->d_name) < sizeof path)
            over = try_token_file(f, path, "$_CONDOR_CREDS", 1);
    }
    if (d)
        closedir(d);
    return over;
}

static void find_token(struct finder *f)
{
    const char *token = get(f, "SCITOKEN"), *file = get(f, "SCITOKEN_FILE"), *condor = get(f, "_CONDOR_CREDS");
    char path[4096];
    if (is_left_out(f, "IGWN_AUTH_UTILS_FIND_SCITOKEN") || (token && try_token(f, token, "$SCITOKEN")) ||
        (file && try_token_file(f, file, "$SCITOKEN_FILE", 1)) || (condor && try_condor(f, condor)))
        return;
    token = get(f, "BEARER_TOKEN");
    file = get(f, "BEARER_TOKEN_FILE");
    if (token) {
        try_token(f, token, "$BEARER_TOKEN");
    } else if (file) {
        try_token_file(f, file, "$BEARER_TOKEN_FILE", 1);
    } else {
        const char *folder = get(f, "XDG_RUNTIME_DIR");
        if ((size_t)snprintf(path, sizeof path, "%s/bt_u%lu", folder ? folder : "/tmp", (unsigned long)geteuid()) < sizeof path)
            try_token_file(f, path, folder ? "the token in $XDG_RUNTIME_DIR" : "the token in /tmp", 0);
    }
}

/* ---- certificates ---- */

/* Returns not 0 when the search is over.  key NULL: in the same file. */
static int try_cert(struct finder *f, const char *cert, const char *key, const char *where)
{
    FILE *file = fopen(cert, "re");
    X509 *x = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    time_t then = time(NULL) + CERT_LEFT_S;
    const char *why = NULL;
    if (!file || (key && access(key, R_OK) != 0))
        why = "cannot be read";
    else if (!x)
        why = "no certificate";
    else if (X509_cmp_time(X509_get0_notAfter(x), &then) <= 0)
        why = "expired";
    if (file)
        fclose(file);
    X509_free(x);
    if (why) {
        note(f->out, where, why);
        return 0;
    }
    f->out->cert = strdup(cert);
    f->out->key = strdup(key ? key : cert);
    f->failed = !f->out->cert || !f->out->key;
    return 1;
}

static void find_cert(struct finder *f)
{
    const char *cert = get(f, "X509_USER_CERT"), *key = get(f, "X509_USER_KEY"), *proxy = get(f, "X509_USER_PROXY"),
               *home = get(f, "HOME");
    char path[4096], key_path[4096];
    if (is_left_out(f, "IGWN_AUTH_UTILS_FIND_X509") || (cert && key && try_cert(f, cert, key, "$X509_USER_CERT")) ||
        (proxy && try_cert(f, proxy, NULL, "$X509_USER_PROXY")))
        return;
    snprintf(path, sizeof path, "/tmp/x509up_u%lu", (unsigned long)getuid());
    if (is_own_file(path) && try_cert(f, path, NULL, "the proxy in /tmp"))
        return;
    if (home && (size_t)snprintf(path, sizeof path, "%s/.globus/usercert.pem", home) < sizeof path &&
        (size_t)snprintf(key_path, sizeof key_path, "%s/.globus/userkey.pem", home) < sizeof key_path && gws_file_exists(path) &&
        gws_file_exists(key_path))
        try_cert(f, path, key_path, "the certificate in ~/.globus");
}

gws_status gws_credentials_find(const char *server, gws_environment environment, gws_credentials *out, gws_err *err)
{
    GWS_ASSERT(server && strncmp(server, "https://", 8) == 0 && environment && out);
    struct finder f = {environment, server, out, 0};
    memset(out, 0, sizeof *out);
    find_token(&f);
    if (!f.failed)
        find_cert(&f);
    if (!f.failed)
        return GWS_OK;
    gws_credentials_clear(out);
    return gws_err_set(err, GWS_ENOMEM, "credentials: out of memory");
}

void gws_credentials_clear(gws_credentials *c)
{
    if (c->token)
        OPENSSL_cleanse(c->token, strlen(c->token));
    free(c->token);
    free(c->cert);
    free(c->key);
    memset(c, 0, sizeof *c);
}
