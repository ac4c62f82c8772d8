// SPDX-License-Identifier: Apache-2.0
#include "config/wording.hpp"

#include <fmt/format.h>

#include "config/convert.hpp"
#include "config/spelling.hpp"
#include "support/join.hpp"

namespace sonde::config {
namespace {

[[nodiscard]] std::string toml_of(const option_spec& option, const std::string& text) {
    if (option.type == option_type::secret) {
        return toml_string(text);  // the reference; what it refers to is not read
    }
    const auto made = convert_text(option, text, {});
    return made ? made->toml() : toml_string(text);
}

[[nodiscard]] std::string example(const option_spec& option) {
    switch (option.type) {
    case option_type::boolean: return "false";
    case option_type::integer:
    case option_type::number: return "0";
    case option_type::duration: return toml_string("10s");
    case option_type::bytes: return toml_string("64KiB");
    case option_type::path: return toml_string("/path/to/file");
    case option_type::secret: return toml_string("file:/path/to/secret");
    case option_type::endpoint: return toml_string("127.0.0.1:4317");
    case option_type::list: return "[\"one\", \"two\"]";
    case option_type::map: return "{ key = \"value\" }";
    case option_type::enumeration: return toml_string(option.choices.empty() ? std::string() : option.choices.front());
    case option_type::string: break;
    }
    return toml_string("text");
}

}  // namespace

std::string default_toml(const option_spec& option) {
    return option.default_value ? toml_of(option, *option.default_value) : std::string();
}

std::string example_toml(const option_spec& option) {
    if (option.default_value) {
        return default_toml(option);
    }
    std::string plain = example(option);
    if (!option.minimum && !option.maximum) {
        return plain;
    }
    if (option.type == option_type::string) {
        const auto least =
            convert_text({.key = option.key, .type = option_type::integer}, option.minimum.value_or("1"), {});
        return toml_string(std::string(
            least && least->integer > 0 && least->integer < 256 ? static_cast<std::size_t>(least->integer) : 1, 'x'));
    }
    return toml_of(option, option.minimum ? *option.minimum : *option.maximum);
}

std::string limits(const option_spec& option) {
    if (!option.choices.empty()) {
        return fmt::format("one of {}", support::join(option.choices, ", "));
    }
    std::string text;
    if (option.minimum && option.maximum) {
        text = fmt::format("{} to {}", *option.minimum, *option.maximum);
    } else if (option.minimum) {
        text = fmt::format("at least {}", *option.minimum);
    } else if (option.maximum) {
        text = fmt::format("at most {}", *option.maximum);
    }
    if (option.type == option_type::string && !text.empty()) {
        return text + " characters";
    }
    return joined(text, option.unit, " ");
}

std::string remarks(const option_spec& option) {
    std::string text;
    const auto add = [&text](std::string_view more) { text = joined(text, more, ", "); };
    add(option.is(SONDE_OPTION_REQUIRED) ? "required" : "");
    add(option.is(SONDE_OPTION_RELOADABLE) ? "reloadable" : "");
    add(option.is(SONDE_OPTION_EXPERIMENTAL) ? "experimental" : "");
    if (option.is(SONDE_OPTION_DEPRECATED)) {
        add(option.replaced_by.empty() ? "deprecated" : fmt::format("deprecated: use '{}'", option.replaced_by));
    }
    add(option.requires_key.empty() ? "" : fmt::format("needs '{}'", option.requires_key));
    add(option.conflicts_key.empty() ? "" : fmt::format("not with '{}'", option.conflicts_key));
    add(option.since.empty() ? "" : fmt::format("since {}", option.since));
    return text;
}

std::string joined(std::string_view first, std::string_view second, std::string_view separator) {
    const bool has_both = !first.empty() && !second.empty();
    return fmt::format("{}{}{}", first, has_both ? separator : "", second);
}

}  // namespace sonde::config
