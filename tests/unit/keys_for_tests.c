#include "tests/unit/keys_for_tests.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"

const char test_key_es256[] =
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3AqvU2qrHndA1w4nn2k/oj3wHf7fnxwG9br6BebJi4Ch"
    "RANCAAQnEas3KQbp1aqzq/Oa3CIj5fWLrSu/3ErX+VjASbG8Ea7jwWsb+PKApD54XAJKxjD9p8t+Y4nkIiz38ELtXUcF";
const char test_key_rs256[] =
    "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDM+RCGa7gvkDrsq9R6ZQ1RB+mQ3ys0Grxr2tVBStY1"
    "p5lDvNA/u8rxYips32NGYDR4xpzeFntWzEObhRb9l/Ta1IP7TkPcyaxkEzagPVY7zVKRzdCncHocGbd50poIoh6Fo1YI"
    "vTYEZ7m5Tmg02n0SRi0pJcX3hTRabD6UIwdv5E00RjC8xcIYqXfBOHoUNNrOvJzpP51KtXliUjHpM2RvOK+2RR6g+S3R"
    "d+ZOm60OQhKwUP1TwyVAyrq3HpDdwy0BPy9WqXMLfNRYkb04Dl6qwy/xOsIilsVKXmVjIy+GHGd8gKsaE9bOFJFjo+TG"
    "tRl3PMQqhWBzgrOpiZ1e6sb7AgMBAAECggEAH96f56PrB5YvhenyR7TbklxJFWnlmpyHlxDM30cxXDalZBIA98/imOUa"
    "/0I9JM2Y4FMn7ni6D6pYiV9ITlYTT6JYV7l5CroJWvwJHna6/YxfSLqitSNjZmgcjiKlKYTPexbaLdIBipjNbexXfn70"
    "Ow78lEJtGp8Jn1TnkU/gUaX7RoJGR0Q4MKJp81R8CBGpTvrGZsNiiCyh4m+J0BERgt5H0phUMJujgDgPdF/tHrD6TOhK"
    "jspK1FjAJSVA+M4NLGS6jKpvi51pDmUqtHBi4ePh2U86ZSGrlSL9EsT5Z/5Lk+kNp14CNycR4sUZkUttVyT1S2K5+5El"
    "QwzYeoBc7QKBgQDlqPafFPSHT1P1ZKNSl05K6TbYcyMzNjBMRPmRa/86kCjKvzLDSlOLvQEvs0zg/fkjGJ78Yt7z//9h"
    "CObZXxUj3ZyoF92IZXY3mdcwn1OBKDZND6Xl0TJEMk8BBPP9E5TfrFNGk6BkCT0g+8Wvk1Bi1p+ukewqmJbJASbJFp+i"
    "7wKBgQDke0OoWEcWWExpm/ppgGrOAGCDTK0D8enJ2xcXX3+rRPQ3bjoHAHqpW00Hnh/keM+r03CdBS+r82Nbk2SWfF9C"
    "NjuLyW84PWoYaxR6nClAkDXs0idrWfIDVSuUPeiL6mlkwuaRsKugKYpOWv0UbRjZ0aAb6g4rhJy3Ww8GuqystQKBgHKj"
    "lwft4+ovNQ/HfqdZk+Fc7N27C5UitZU80P9AU5UeJN6f9mz5ix6z6AWxkOy2mkhkn+gISpat8QK0+NcE2X6fvvVBhHnz"
    "e8Fhb8N7pKlSM1jgOMWxWVAldL5jhI+N2MCWOrN+OY/19KekRhfQh03vKKJxgNv6czo+8udp/aHNAoGAPL3kc8ncRD1/"
    "Owhjn06rlk6VWfK1gHn8zFQ5pFYYK+EuB9p/BMOE2KdUKDVKh0Py+dxBcQ0i6lTPUlYyBKvV61VdqUEJF2uEXC+Dh0Ei"
    "2m48V9Ra9Hg6Fda7ujJnM2NDV61U/OB6EB9bDI+1/osucyH+rc0grUMZIsnLid9w7o0CgYACPqSSd7pBf1Kc3qrv4nM2"
    "E8Haac00yVFv4PkVSJo338yTdZgTQM8XM2F7lCGLqn0hEtnW9bc50g+agRiAR+BJS2h13nWpzzOo+DyJmNsKfDG1oSWm"
    "ZjrjAHFtWHS2DygaOniNEQgDuYvr0hPLNnxvHYp1DDiHDq/X5P9rCgVHMg==";

const char test_public_es256[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEJxGrNykG6dWqs6vzmtwiI+X1i60r\n"
    "v9xK1/lYwEmxvBGu48FrG/jygKQ+eFwCSsYw/afLfmOJ5CIs9/BC7V1HBQ==\n"
    "-----END PUBLIC KEY-----\n";
const char test_public_rs256[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzPkQhmu4L5A67KvUemUN\n"
    "UQfpkN8rNBq8a9rVQUrWNaeZQ7zQP7vK8WIqbN9jRmA0eMac3hZ7VsxDm4UW/Zf0\n"
    "2tSD+05D3MmsZBM2oD1WO81Skc3Qp3B6HBm3edKaCKIehaNWCL02BGe5uU5oNNp9\n"
    "EkYtKSXF94U0Wmw+lCMHb+RNNEYwvMXCGKl3wTh6FDTazryc6T+dSrV5YlIx6TNk\n"
    "bzivtkUeoPkt0XfmTputDkISsFD9U8MlQMq6tx6Q3cMtAT8vVqlzC3zUWJG9OA5e\n"
    "qsMv8TrCIpbFSl5lYyMvhhxnfICrGhPWzhSRY6PkxrUZdzzEKoVgc4KzqYmdXurG\n"
    "+wIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

struct key *test_key(const char *pkcs8)
{
    auto_buf der = BUF_INIT(4096);
    struct key *k = NULL;
    struct err e = {0};

    if (base64_decode(str_from(pkcs8), &der) && key_import(buf_str(&der), &k, &e) == 0)
        return k;
    fprintf(stderr, "the test's own key does not load: %s\n", e.text);
    abort();
}

struct keyset *test_keyset(void)
{
    auto_key *es256 = test_key(test_key_es256), *rs256 = test_key(test_key_rs256);
    const struct key_entry entries[] = {
        {.key = rs256, .state = KEY_ACTIVE, .created_ms = 1000, .active_from_ms = 2000},
        {.key = es256, .state = KEY_ACTIVE, .created_ms = 1000, .active_from_ms = 2000},
    };
    struct keyset *ks = NULL;
    struct err e;

    if (keyset_new(entries, 2, &ks, &e) < 0)
        abort();
    return ks;
}
