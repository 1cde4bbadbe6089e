/*
 * What the reader takes, as far as a schema can say it: keys, kinds, patterns. It never refuses
 * what the reader takes; names are the resolver's.
 */
#include "policy/language/policy_schema.h"

#include "base/json.h"
#include "policy/language/policy_reader.h"

#define NAME_PATTERN   "^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$"
#define PERSON_PATTERN "^[a-z0-9._@-]{1,128}$"
#define ITEM           "((team|role|ci) +)?[^ ,]+"
#define PERMISSION     " *[^ /]+ +[^ ]*/[^ ]+( +names +[^ ]+)?"

static const struct document_row {
    const char *key;
    enum shape shape;
    const char *section;
    const char *text;
} documents[] = {
#define DOCUMENT(key, shape, section, owner, text) {#key, SHAPE_##shape, #section, text},
#define KEY(section, name, type, need, text)
#include "policy/language/policy_keys.tbl.h"
#undef DOCUMENT
#undef KEY
};
static const struct section_row {
    const char *name;
    enum section section;
    const char *of, *a, *b; /* "anyOf", "oneOf": of these two keys */
} sections[] = {
    {"ldap", SECTION_ldap, NULL, NULL, NULL},
    {"site", SECTION_site, NULL, NULL, NULL},
    {"team", SECTION_team, "anyOf", "from", "add"},
    {"add", SECTION_add, NULL, NULL, NULL},
    {"role", SECTION_role, "anyOf", "base", "can"},
    {"space", SECTION_space, "anyOf", "names", "label"},
    {"grant", SECTION_grant, NULL, NULL, NULL},
    {"request", SECTION_request, NULL, NULL, NULL},
    {"breakglass", SECTION_breakglass, NULL, NULL, NULL},
    {"ci", SECTION_ci, "oneOf", "issuer", "sa"},
    {"invariant", SECTION_invariant, "oneOf", "can", "reach"},
    {"test", SECTION_test, NULL, NULL, NULL},
    {"accept", SECTION_accept, NULL, NULL, NULL},
    {"include", SECTION_include, NULL, NULL, NULL},
};
#define N_OF(rows) (sizeof(rows) / sizeof(*(rows)))

/* The types, by their names in $defs. A plain word may look like a number or a flag to YAML. */
#define SCALAR "\"type\":[\"string\",\"number\",\"boolean\"]"
#define TEXT   SCALAR ",\"minLength\":1"
#define TEXTLIKE(pattern) \
    "{\"type\":[\"string\",\"number\"],\"minLength\":1,\"pattern\":\"" pattern "\"}"
#define PATTERN(pattern) "{\"type\":\"string\",\"pattern\":\"" pattern "\"}"
#define ONE_OR_LIST(def) \
    "{\"anyOf\":[{\"$ref\":\"#/$defs/" def \
    "\"},{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/" def "\"}}]}"

static const struct {
    const char *name, *schema;
} types[] = {
    [VALUE_TEXT] = {"text", "{" TEXT "}"},
    [VALUE_NAME] = {"name", TEXTLIKE(NAME_PATTERN)},
    [VALUE_PERSON] = {"person", TEXTLIKE(PERSON_PATTERN)},
    [VALUE_FLAG] = {"flag", "{\"type\":\"boolean\"}"},
    [VALUE_COUNT] = {"count", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":2147483647}"},
    [VALUE_PERCENT] = {"percent", PATTERN("^0*(100|[0-9]{1,2})%$")},
    [VALUE_DURATION] = {"duration", PATTERN("^[0-9]+(ms|s|m|h|d)$")},
    [VALUE_TIME] = {"time",
                    PATTERN("^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt][0-9:.]+([Zz]|[+-][0-9:]+))?$")},
    [VALUE_WORDS] = {"words", ONE_OR_LIST("text")},
    [VALUE_PEOPLE] = {"people", ONE_OR_LIST("person")},
    [VALUE_LABELS] = {"labels", "{\"type\":\"object\",\"additionalProperties\":{" SCALAR "}}"},
    [VALUE_PERMISSIONS] = {"permissions", ONE_OR_LIST("permission")},
    [VALUE_ADDS] = {"adds", "{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"" PERSON_PATTERN
                            "\"},\"additionalProperties\":{\"anyOf\":[{\"$ref\":\"#/$defs/"
                            "add\"},{\"type\":\"null\"}]}}"},
    [VALUE_STAGES] = {"stages",
                      "{\"anyOf\":[{\"$ref\":\"#/$defs/stage\"},{\"type\":\"array\",\"minItems\":1,"
                      "\"items\":{\"$ref\":\"#/$defs/stage\"}}]}"},
    [VALUE_WHO] = {"who", PATTERN("^ *(any( +except +" ITEM "( *, *" ITEM
                                  ")*)?|team +[^ ]+|each +team|one +person|"
                                  "[a-z0-9._@-]{1,128}) *$")},
    [VALUE_DUTIES] = {"duties", ONE_OR_LIST("duty")},
    [VALUE_RULE] = {"rule", PATTERN("^L(0[1-9]|[1-5][0-9]|60)$")},
    [VALUE_VERDICT] = {"verdict", NULL}, /* the choices */
    [VALUE_REASON] = {"reason", NULL},
    [VALUE_FACTOR] = {"factor", NULL},
};
/* what the types above are made of */
static const struct {
    const char *name, *schema;
} parts[] = {
    {"permission", PATTERN("^" PERMISSION " *$")},
    {"duty", PATTERN("^(\\\\*|" PERMISSION "( +in +[^ ]+)? *| *approve +[^ /]+ *)$")},
    {"stage",
     "{\"type\":\"object\",\"minProperties\":1,\"propertyNames\":{\"pattern\":\"^0*[1-9][0-9]?$\"},"
     "\"additionalProperties\":{\"$ref\":\"#/$defs/words\"}}"},
};

/* Text that is JSON already. */
static void put_raw(struct json_out *j, const char *key, const char *json)
{
    json_key(j, key);
    buf_c(j->b, json);
    j->comma = true;
}

static void put_ref(struct json_out *j, const char *of)
{
    auto_buf ref = BUF_INIT((size_t)128);
    buf_fmt(&ref, "#/$defs/%s", of);
    json_put_str(j, "$ref", buf_str(&ref));
}

static void put_choices(struct json_out *j, enum value_type type)
{
    json_open_object(j);
    json_key(j, "enum");
    json_open_array(j);
    for (const char *const *choice = value_choices(type); *choice; choice++)
        json_str(j, STR_C(*choice));
    json_close_array(j);
    json_close_object(j);
}

static void put_required(struct json_out *j, const char *key)
{
    json_open_object(j);
    json_key(j, "required");
    json_open_array(j);
    json_str(j, STR_C(key));
    json_close_array(j);
    json_close_object(j);
}

static void put_section(struct json_out *j, const struct section_row *row)
{
    json_key(j, row->name);
    json_open_object(j);
    put_raw(j, "type", "\"object\"");
    json_put_bool(j, "additionalProperties", false);
    json_key(j, "required");
    json_open_array(j);
    for (size_t i = 0; i < n_policy_keys; i++)
        if (policy_keys[i].section == row->section && policy_keys[i].need == NEED_REQUIRED)
            json_str(j, policy_keys[i].name);
    json_close_array(j);
    if (row->of) {
        json_key(j, row->of);
        json_open_array(j);
        put_required(j, row->a);
        put_required(j, row->b);
        json_close_array(j);
    }
    json_key(j, "properties");
    json_open_object(j);
    for (size_t i = 0; i < n_policy_keys; i++) {
        const struct key_row *key = &policy_keys[i];
        if (key->section != row->section)
            continue;
        auto_buf name = BUF_INIT((size_t)128);
        buf_add(&name, key->name);
        json_key(j, buf_cstr(&name));
        json_open_object(j);
        json_put_str(j, "description", STR_C(key->text));
        put_ref(j, types[key->type].name);
        json_close_object(j);
    }
    json_close_object(j);
    json_close_object(j);
}

static void put_document(struct json_out *j, const struct document_row *row)
{
    json_key(j, row->key);
    json_open_object(j);
    json_put_str(j, "description", STR_C(row->text));
    switch (row->shape) {
    case SHAPE_VERSION: put_raw(j, "enum", "[1,\"1\"]"); break;
    case SHAPE_ONE: put_ref(j, row->section); break;
    case SHAPE_LIST:
        put_raw(j, "type", "[\"array\",\"null\"]");
        json_key(j, "items");
        json_open_object(j);
        put_ref(j, row->section);
        json_close_object(j);
        break;
    case SHAPE_ENTRIES:
    case SHAPE_FILES:
        put_raw(j, "type", "[\"object\",\"null\"]");
        put_raw(j, "propertyNames",
                row->shape == SHAPE_ENTRIES
                    ? "{\"pattern\":\"" NAME_PATTERN "\"}"
                    : "{\"not\":{\"pattern\":\"^/|(^|/)\\\\.\\\\.?(/|$)|//|\\\\\\\\|/$\"}}");
        json_key(j, "additionalProperties");
        json_open_object(j);
        put_ref(j, row->section);
        json_close_object(j);
        break;
    }
    json_close_object(j);
}

static void put_defs(struct json_out *j)
{
    json_open_object(j);
    for (size_t i = 0; i < N_OF(parts); i++)
        put_raw(j, parts[i].name, parts[i].schema);
    for (size_t i = 0; i < N_OF(types); i++) {
        if (types[i].schema) {
            put_raw(j, types[i].name, types[i].schema);
            continue;
        }
        json_key(j, types[i].name);
        put_choices(j, (enum value_type)i);
    }
    for (size_t i = 0; i < N_OF(sections); i++)
        put_section(j, &sections[i]);
    json_close_object(j);
}

void policy_schema(struct buf *out)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j);
    json_put_str(&j, "$schema", STR("https://json-schema.org/draft/2020-12/schema"));
    json_put_str(&j, "title", STR("Lotse policy"));
    json_put_str(&j, "description", STR("Which team may do what, where, and until when"));
    put_raw(&j, "type", "\"object\"");
    json_put_bool(&j, "additionalProperties", false);
    put_raw(&j, "required", "[\"lotse\"]");
    json_key(&j, "properties");
    json_open_object(&j);
    for (size_t i = 0; i < N_OF(documents); i++)
        put_document(&j, &documents[i]);
    json_close_object(&j);
    json_key(&j, "$defs");
    put_defs(&j);
    json_close_object(&j);
}
