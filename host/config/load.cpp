// SPDX-License-Identifier: Apache-2.0
#include "config/load.hpp"

#include <algorithm>
#include <exception>
#include <system_error>

#include <unistd.h>

#include <fmt/format.h>

#include "config/component_spec.hpp"
#include "config/instances.hpp"
#include "config/merge.hpp"
#include "config/overrides.hpp"
#include "config/settings.hpp"
#include "config/spelling.hpp"
#include "config/toml_tree.hpp"
#include "support/digest.hpp"
#include "support/file.hpp"

namespace sonde::config {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t file_limit = 4u << 20;

void add_error(diagnostics& found, origin at, std::string text, std::string hint = {}) {
    found.push_back({severity::error, std::move(at), {}, std::move(text), std::move(hint)});
}

// conf.d/*.toml beside the main file, by name; names that begin with a dot are an editor's or a packager's.
[[nodiscard]] std::vector<fs::path> drop_ins(const fs::path& main, diagnostics& found) {
    const fs::path directory = main.parent_path() / "conf.d";
    std::vector<fs::path> files;
    std::error_code problem;
    fs::directory_iterator entry(directory, problem);
    for (; !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
        const fs::path& path = entry->path();
        if (path.extension() == ".toml" && !path.filename().string().starts_with('.')) {
            files.push_back(path);
        }
    }
    if (problem && problem != std::errc::no_such_file_or_directory) {
        add_error(found, {directory, 0, 0}, "cannot be listed: " + problem.message());
    }
    std::ranges::sort(files);
    return files;
}

void append(std::string& text, std::string_view word, std::string_view content) {
    text += fmt::format("{} {}\n", word, toml_string(content));
}

[[nodiscard]] std::string canonical(const raw_value& raw) {
    struct spell {
        std::string operator()(bool truth) const { return truth ? "true" : "false"; }
        std::string operator()(std::int64_t integer) const { return fmt::format("{}", integer); }
        std::string operator()(double number) const { return fmt::format("{:a}", number); }
        std::string operator()(const std::string& text) const { return toml_string(text); }
        std::string operator()(const raw_value::list& items) const {
            std::string text = "[";
            for (const std::string& item : items) {
                text += toml_string(item) + ",";
            }
            return text + "]";
        }
        std::string operator()(const raw_value::table& items) const {
            std::string text = "{";
            for (const auto& [key, content] : items) {
                text += toml_string(key) + "=" + toml_string(content) + ",";
            }
            return text + "}";
        }
    };
    return std::visit(spell{}, raw.data);
}

// What the configuration means, whichever file, order or comment it was written with.
[[nodiscard]] std::string canonical(const document& all) {
    std::string text;
    for (const document::shown& one : all.effective) {
        // The same files mean the same on every machine.
        if (one.key != "host.node_name" || all.host.node_name_origin == 2) {
            append(text, one.key, one.value);
        }
    }
    std::vector<const instance_config*> sorted;
    std::ranges::transform(all.instances, std::back_inserter(sorted), [](const auto& one) { return &one; });
    std::ranges::sort(sorted, {}, [](const auto* one) { return one->name; });
    for (const instance_config* one : sorted) {
        append(text, section(one->role), one->name);
        append(text, " type", one->type);
        append(text, " enabled", one->enabled ? "true" : "false");
        append(text, " required", one->required ? "true" : "false");
        if (one->delivery) {
            append(text, " delivery", *one->delivery == delivery::lossy ? "lossy" : "lossless");
        }
        for (const std::string& topic : one->topics) {
            append(text, " topic", topic);
        }
        for (const auto& [key, raw] : one->options) {
            append(text, " option " + toml_string(key), canonical(raw));
        }
        for (const auto& [variable, content] : one->overrides) {
            append(text, " variable " + toml_string(variable), content);
        }
    }
    return text;
}

[[nodiscard]] std::optional<document> build(merged&& raw, std::vector<std::string> files, const environment& env,
                                            diagnostics& found) {
    document made;
    made.files = std::move(files);
    made.instances = read_instances(std::move(raw.instances), found);
    std::vector<std::string> owners{"host", "bus", "api"};
    std::ranges::transform(made.instances, std::back_inserter(owners), &instance_config::name);
    const variables_by_owner overrides = assign_variables(env, owners, found);
    apply_variables(made.instances, overrides, found);
    const origin main_file{made.files.empty() ? std::string() : made.files.front(), 1, 1};
    const bool is_valid = read_settings(raw, overrides, env, main_file, made, found);
    if (!is_valid || has_errors(found)) {
        return std::nullopt;
    }
    auto hash = support::sha256(canonical(made));
    if (!hash) {
        add_error(found, main_file, hash.error().text);
        return std::nullopt;
    }
    made.hash = std::move(*hash);
    return made;
}

void read_file(const fs::path& file, merged& into, diagnostics& found) {
    const auto text = support::read_file(file, file_limit);
    if (!text) {
        add_error(found, {file, 0, 0}, "cannot be read: " + text.error().text);
        return;
    }
    if (auto tree = read_toml(*text, file, found)) {
        merge(std::move(*tree), into, found);
    }
}

[[nodiscard]] std::optional<document> load_files(const load_request& request, diagnostics& found) {
    std::vector<fs::path> files = drop_ins(request.file, found);
    files.insert(files.begin(), request.file);
    merged raw;
    for (const fs::path& file : files) {
        read_file(file, raw, found);
    }
    return build(std::move(raw), {files.begin(), files.end()}, request.env, found);
}

}  // namespace

environment process_environment() {
    environment env;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        if (const std::size_t sign = text.find('='); sign != std::string_view::npos) {
            env.emplace(text.substr(0, sign), text.substr(sign + 1));
        }
    }
    return env;
}

std::optional<document> load(const load_request& request, diagnostics& found) {
    try {
        return load_files(request, found);
    } catch (const std::exception& problem) {
        add_error(found, {request.file, 0, 0}, std::string("cannot be read: ") + problem.what());
        return std::nullopt;
    }
}

std::optional<document> parse(std::string_view toml, const std::string& name, const environment& env,
                              diagnostics& found) {
    auto tree = read_toml(toml, name, found);
    if (!tree) {
        return std::nullopt;
    }
    merged raw;
    merge(std::move(*tree), raw, found);
    return build(std::move(raw), {name}, env, found);
}

}  // namespace sonde::config
