// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as a configuration file: reading, validating against a table with every option type, comparing with
// itself. Nothing may throw, crash or read outside; what is valid must display and must have errors if it is refused.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "config/diff.hpp"
#include "config/load.hpp"
#include "config/validate.hpp"

namespace {

using namespace sonde::config;
using sonde::option;
using sonde::option_type;

constexpr std::array<const char*, 3> modes{"fast", "slow", nullptr};

constexpr std::array table{
    option("flag", option_type::boolean).defaults("true"),
    option("count", option_type::integer).defaults("5").range("1", "10"),
    option("ratio", option_type::number).range("0", "1").reloadable(),
    option("label", option_type::string).range("2", "8"),
    option("interval", option_type::duration).defaults("10s").range("100ms", "1h").reloadable(),
    option("period", option_type::duration).superseded_by("interval"),
    option("buffer", option_type::bytes).range("1KiB", "1MiB"),
    option("mode", option_type::enumeration).one_of(modes.data()).defaults("fast"),
    option("root", option_type::path).defaults("/proc"),
    option("token", option_type::secret),
    option("items", option_type::list).defaults("one, two"),
    option("labels", option_type::map).defaults("team=core"),
    option("peer", option_type::endpoint),
    option("tls.ca", option_type::path).needs("peer"),
    option("insecure", option_type::boolean).excludes("tls.ca"),
};

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check(const document& made, const environment& env, const std::vector<option_spec>& specs) {
    values_by_instance values;
    for (const instance_config& instance : made.instances) {
        diagnostics found;
        auto valid = validate(instance, specs, env, found);
        must(valid.has_value() != has_errors(found));
        for (const diagnostic& one : found) {
            must(!one.message().empty());
        }
        if (valid) {
            const flat_config flat(*valid);
            must(flat.abi().value_count == valid->size());
            for (const value& one : *valid) {
                must(!one.toml().empty());
            }
            values[instance.name] = std::move(*valid);
        }
    }
    must(compare(made, values, made, values).is_empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<option_spec> specs = [] {
        std::vector<option_spec> made;
        for (const option& one : table) {
            made.push_back(option_spec::from(one));
        }
        return made;
    }();
    const environment env{{"NODE_NAME", "node"}, {"SONDE_A_COUNT", "3"}, {"TOKEN", "t"}};
    diagnostics found;
    const auto made = parse({reinterpret_cast<const char*>(data), size}, "fuzz.toml", env, found);
    must(made.has_value() != has_errors(found));
    for (const diagnostic& one : found) {
        must(!one.message().empty());
    }
    if (made) {
        check(*made, env, specs);
    }
    return 0;
}
