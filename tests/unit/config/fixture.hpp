// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder share: an option table with every type, and short forms of parse and validate.
#pragma once

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/component_spec.hpp"
#include "config/load.hpp"
#include "config/validate.hpp"

namespace sonde::config::testing {

inline constexpr std::array<const char*, 3> modes{"fast", "slow", nullptr};

inline constexpr std::array every_type{
    option("flag", option_type::boolean).defaults("true").explained("A switch"),
    option("count", option_type::integer).defaults("5").range("1", "10").in_unit("{item}").explained("A count"),
    option("ratio", option_type::number).defaults("0.5").range("0", "1").reloadable().explained("A ratio"),
    option("label", option_type::string).defaults("abc").range("2", "8").explained("A label"),
    option("interval", option_type::duration).defaults("10s").range("100ms", "1h").reloadable().explained("A pause"),
    option("buffer", option_type::bytes).defaults("64KiB").range("1KiB", "1MiB").explained("A size"),
    option("mode", option_type::enumeration).one_of(modes.data()).defaults("fast").explained("A choice"),
    option("root", option_type::path).defaults("/proc").explained("A directory"),
    option("token", option_type::secret).explained("A secret"),
    option("items", option_type::list).defaults("one, two").explained("Some items"),
    option("labels", option_type::map).defaults("team=core").explained("Some labels"),
    option("peer", option_type::endpoint).explained("A peer"),
    option("tls.ca", option_type::path).explained("A nested option"),
};

[[nodiscard]] inline std::vector<option_spec> specs(std::span<const option> table) {
    std::vector<option_spec> made;
    for (const option& one : table) {
        made.push_back(option_spec::from(one));
    }
    return made;
}

[[nodiscard]] inline std::string messages(const diagnostics& found) {
    std::string text;
    for (const diagnostic& one : found) {
        text += one.message() + "\n";
    }
    return text;
}

struct outcome {
    std::optional<document> made;
    diagnostics found;
    [[nodiscard]] std::string text() const { return messages(found); }
};

[[nodiscard]] inline outcome parsed(std::string_view toml, const environment& env = {}) {
    outcome result;
    result.made = parse(toml, "sonde.toml", env, result.found);
    return result;
}

struct checked {
    std::optional<value_set> values;
    diagnostics found;
    [[nodiscard]] std::string text() const { return messages(found); }
    // Display text of a value, or "(absent)".
    [[nodiscard]] std::string operator[](std::string_view key) const {
        const value* known = values ? find(*values, key) : nullptr;
        return known == nullptr ? "(absent)" : known->display();
    }
};

// Parses one collector "test" with `config` as its config table and validates it.
[[nodiscard]] inline checked validated(std::string_view config, std::span<const option> table = every_type,
                                       const environment& env = {}) {
    checked result;
    const std::string toml = "[[collectors]]\ntype = \"test\"\n[collectors.config]\n" + std::string(config);
    const auto made = parse(toml, "sonde.toml", env, result.found);
    if (made) {
        result.values = validate(made->instances.front(), specs(table), env, result.found);
    }
    return result;
}

// A directory that goes away with the test.
class directory final {
public:
    directory() {
        path_ = ::testing::TempDir() + "sonde-config-XXXXXX";
        EXPECT_NE(::mkdtemp(path_.data()), nullptr);
    }
    directory(const directory&) = delete;
    directory& operator=(const directory&) = delete;
    ~directory() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::filesystem::path path() const { return path_; }
    std::filesystem::path write(const std::string& name, std::string_view content) const {
        const auto file = path() / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << content;
        return file;
    }

private:
    std::string path_;
};

}  // namespace sonde::config::testing
