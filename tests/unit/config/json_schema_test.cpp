// SPDX-License-Identifier: Apache-2.0
// The schema, applied by a small validator that knows the keywords which the generator writes.
#include <regex>

#include <boost/json.hpp>

#include "config/generate.hpp"
#include "config/toml_tree.hpp"
#include "fixture.hpp"

namespace {

namespace json = boost::json;
using namespace sonde::config;
using namespace sonde::config::testing;

[[nodiscard]] json::value to_json(const tree_node& node);

[[nodiscard]] json::object to_json(const tree_table& table) {
    json::object made;
    for (const tree_entry& entry : table) {
        made[entry.key] = to_json(entry.value);
    }
    return made;
}

json::value to_json(const tree_node& node) {
    if (const auto* inner = std::get_if<tree_table>(&node.data)) {
        return to_json(*inner);
    }
    if (const auto* array = std::get_if<tree_array>(&node.data)) {
        json::array made;
        for (const tree_node& item : *array) {
            made.push_back(to_json(item));
        }
        return made;
    }
    if (const auto* text = std::get_if<std::string>(&node.data)) {
        return json::value(*text);
    }
    if (const auto* truth = std::get_if<bool>(&node.data)) {
        return *truth;
    }
    if (const auto* number = std::get_if<double>(&node.data)) {
        return *number;
    }
    return std::get<std::int64_t>(node.data);
}

[[nodiscard]] bool has_type(const json::value& value, std::string_view type) {
    return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
           (type == "string" && value.is_string()) || (type == "boolean" && value.is_bool()) ||
           (type == "integer" && value.is_int64()) || (type == "number" && (value.is_double() || value.is_int64()));
}

[[nodiscard]] double number(const json::value& value) {
    return value.is_double() ? value.as_double() : static_cast<double>(value.as_int64());
}

[[nodiscard]] bool accepts(const json::object& schema, const json::value& value);

[[nodiscard]] bool accepts_object(const json::object& schema, const json::object& object) {
    if (const auto* required = schema.if_contains("required")) {
        for (const auto& key : required->as_array()) {
            if (!object.contains(key.as_string())) {
                return false;
            }
        }
    }
    const auto* properties = schema.if_contains("properties");
    const auto* others = schema.if_contains("additionalProperties");
    for (const auto& [key, value] : object) {
        const auto* own = properties != nullptr ? properties->as_object().if_contains(key) : nullptr;
        if (own != nullptr && !accepts(own->as_object(), value)) {
            return false;
        }
        if (own == nullptr && others != nullptr &&
            (others->is_bool() ? !others->as_bool() : !accepts(others->as_object(), value))) {
            return false;
        }
    }
    return true;
}

[[nodiscard]] bool accepts_scalar(const json::object& schema, const json::value& value) {
    const auto* text = value.if_string();
    const bool is_number = value.is_double() || value.is_int64();
    if (const auto* pattern = schema.if_contains("pattern");
        pattern && text && !std::regex_search(text->c_str(), std::regex(pattern->as_string().c_str()))) {
        return false;
    }
    if (const auto* least = schema.if_contains("minimum"); least && is_number && number(value) < number(*least)) {
        return false;
    }
    if (const auto* most = schema.if_contains("maximum"); most && is_number && number(value) > number(*most)) {
        return false;
    }
    const auto length = [&](const char* word) { return static_cast<std::size_t>(schema.at(word).as_int64()); };
    return !(text && schema.contains("minLength") && text->size() < length("minLength")) &&
           !(text && schema.contains("maxLength") && text->size() > length("maxLength"));
}

[[nodiscard]] bool accepts(const json::object& schema, const json::value& value) {
    if (const auto* type = schema.if_contains("type"); type && !has_type(value, type->as_string())) {
        return false;
    }
    if (const auto* all = schema.if_contains("enum");
        all && std::find(all->as_array().begin(), all->as_array().end(), value) == all->as_array().end()) {
        return false;
    }
    if (const auto* only = schema.if_contains("const"); only && *only != value) {
        return false;
    }
    if (const auto* any = schema.if_contains("anyOf");
        any && std::none_of(any->as_array().begin(), any->as_array().end(),
                            [&](const auto& one) { return accepts(one.as_object(), value); })) {
        return false;
    }
    if (const auto* rules = schema.if_contains("allOf")) {
        for (const auto& rule : rules->as_array()) {
            if (accepts(rule.at("if").as_object(), value) && !accepts(rule.at("then").as_object(), value)) {
                return false;
            }
        }
    }
    if (const auto* items = schema.if_contains("items"); items && value.is_array()) {
        for (const auto& item : value.as_array()) {
            if (!accepts(items->as_object(), item)) {
                return false;
            }
        }
    }
    return (!value.is_object() || accepts_object(schema, value.as_object())) && accepts_scalar(schema, value);
}

class JsonSchema : public ::testing::Test {
protected:
    void SetUp() override {
        component_spec collector;
        collector.type = "test";
        collector.options = specs(every_type);
        component_spec encoder;
        encoder.role = sonde::role::encoder;
        encoder.type = "sink";
        encoder.options = {{.key = "tls.ca", .type = sonde::option_type::path, .flags = SONDE_OPTION_REQUIRED}};
        components_ = {collector, encoder};
        schema_ = json::parse(json_schema(components_)).as_object();
    }

    [[nodiscard]] bool accepts_toml(const std::string& toml) const {
        diagnostics found;
        const auto tree = read_toml(toml, "x", found);
        EXPECT_TRUE(tree) << messages(found);
        return tree && accepts(schema_, to_json(*tree));
    }

    std::vector<component_spec> components_;
    json::object schema_;
};

TEST_F(JsonSchema, names_its_dialect) {
    EXPECT_EQ(schema_.at("$schema").as_string(), "https://json-schema.org/draft/2020-12/schema");
}

TEST_F(JsonSchema, accepts_the_uncommented_default_configuration) {
    const std::string text =
        std::regex_replace(default_configuration(components_), std::regex("(^|\n)#(?=[^ #\n])"), "$1");
    EXPECT_TRUE(accepts_toml(text)) << text;
}

TEST_F(JsonSchema, agrees_with_the_validator) {
    const std::string head = "[[collectors]]\ntype = \"test\"\n[collectors.config]\n";
    for (const char* line :
         {"flag = true",         "flag = 1",        "count = 3",       "count = 0",           "count = 11",
          "ratio = 1",           "ratio = 1.5",     "label = \"a\"",   "label = \"ab\"",      "interval = \"1h\"",
          "interval = \"fast\"", "interval = 1",    "buffer = 4096",   "buffer = \"64 KiB\"", "buffer = \"64 X\"",
          "mode = \"slow\"",     "mode = \"x\"",    "items = [\"a\"]", "items = [1]",         "labels.a = \"b\"",
          "labels.a = 1",        "tls.ca = \"/x\"", "tls.x = \"/x\"",  "nonsense = 1",        "token = \"inline\""}) {
        EXPECT_EQ(accepts_toml(head + line), validated(line).values.has_value()) << line;
    }
    EXPECT_TRUE(accepts_toml(head + "token = \"env:X\""));
}

TEST_F(JsonSchema, demands_required_nested_options) {
    EXPECT_FALSE(accepts_toml("[[encoders]]\ntype = \"sink\"\n"));
    EXPECT_FALSE(accepts_toml("[[encoders]]\ntype = \"sink\"\nconfig = {}\n"));
    EXPECT_TRUE(accepts_toml("[[encoders]]\ntype = \"sink\"\nconfig.tls.ca = \"/x\"\ndelivery = \"lossy\"\n"));
}

TEST_F(JsonSchema, refuses_unknown_types_sections_and_keys) {
    EXPECT_FALSE(accepts_toml("[[collectors]]\ntype = \"other\"\n"));
    EXPECT_FALSE(accepts_toml("[[collectors]]\nname = \"test\"\n"));
    EXPECT_FALSE(accepts_toml("[[collectors]]\ntype = \"test\"\ndelivery = \"lossy\"\n"));
    EXPECT_FALSE(accepts_toml("[hots]\n"));
    EXPECT_FALSE(accepts_toml("[host]\nx = 1\n"));
    EXPECT_TRUE(accepts_toml("[host]\nlog_level = \"info\"\n"));
}

}  // namespace
