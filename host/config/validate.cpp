// SPDX-License-Identifier: Apache-2.0
#include "config/validate.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/component_spec.hpp"
#include "config/convert.hpp"
#include "config/overrides.hpp"
#include "config/spelling.hpp"
#include "support/nearest.hpp"

namespace sonde::config {
namespace {

class validation final {
public:
    validation(const option_scope& scope, raw_options raw, std::span<const option_spec> options, const environment& env,
               diagnostics& found)
        : scope_(scope), raw_(std::move(raw)), options_(options), env_(env), found_(found) {}

    [[nodiscard]] std::optional<value_set> run() {
        apply_overrides();
        fold_maps();
        refuse_unknown();
        for (const option_spec& option : options_) {
            move_deprecated(option);
        }
        for (const option_spec& option : options_) {
            take(option);
        }
        for (const option_spec& option : options_) {
            check_relations(option);
        }
        return failed_ ? std::nullopt : std::optional(std::move(values_));
    }

private:
    void report(severity level, origin at, std::string_view key, std::string text, std::string hint = {}) {
        failed_ = failed_ || level == severity::error;
        found_.push_back({level, std::move(at), fmt::format("{}.{}", scope_.path, printable(key)), std::move(text),
                          std::move(hint)});
    }

    [[nodiscard]] const option_spec* spec(std::string_view key) const noexcept {
        const auto at = std::ranges::find(options_, key, &option_spec::key);
        return at == options_.end() ? nullptr : &*at;
    }

    // True if options lie below `key`, so that a table of this name is only a heading.
    [[nodiscard]] bool is_heading(std::string_view key) const {
        const std::string prefix = std::string(key) + ".";
        return std::ranges::any_of(options_, [&](const option_spec& one) { return one.key.starts_with(prefix); });
    }

    void apply_overrides() {
        for (const auto& [variable, text] : scope_.overrides) {
            const std::string_view part = std::string_view(variable).substr(scope_.prefix.size());
            const auto option =
                std::ranges::find_if(options_, [&](const option_spec& one) { return variable_part(one.key) == part; });
            if (option == options_.end()) {
                warn_of_variable(variable);
                continue;
            }
            if (option->type == option_type::map) {
                std::erase_if(raw_, [&](const auto& one) { return one.first.starts_with(option->key + "."); });
            }
            raw_[option->key] = {.data = text, .at = environment_origin(variable), .is_text = true};
        }
    }

    void warn_of_variable(const std::string& variable) {
        std::vector<std::string> known;
        for (const option_spec& option : options_) {
            known.push_back(scope_.prefix + variable_part(option.key));
        }
        found_.push_back({severity::warning, environment_origin(variable), scope_.path,
                          "no option has this name; the variable has no effect",
                          support::did_you_mean(variable, known)});
    }

    // "labels.team" and "labels.zone" become one table if "labels" is a map.
    void fold_maps() {
        for (const option_spec& option : options_) {
            if (option.type != option_type::map) {
                continue;
            }
            const std::string prefix = option.key + ".";
            raw_value folded{.data = raw_value::table{}, .at = {}};
            auto& items = std::get<raw_value::table>(folded.data);
            for (auto one = raw_.lower_bound(prefix); one != raw_.end() && one->first.starts_with(prefix);) {
                if (spec(one->first) != nullptr) {
                    ++one;
                    continue;
                }
                if (const auto* text = std::get_if<std::string>(&one->second.data)) {
                    items.emplace_back(one->first.substr(prefix.size()), *text);
                } else {
                    report(severity::error, one->second.at, one->first, "the values of this table are strings",
                           "put the value in quotes");
                }
                if (folded.at.file.empty()) {
                    folded.at = one->second.at;
                }
                one = raw_.erase(one);
            }
            if (!items.empty()) {
                raw_.insert_or_assign(option.key, std::move(folded));
            }
        }
    }

    void refuse_unknown() {
        std::vector<std::string> known;
        std::ranges::transform(options_, std::back_inserter(known), &option_spec::key);
        std::erase_if(raw_, [&](const auto& one) {
            if (spec(one.first) != nullptr) {
                return false;
            }
            const auto* table = std::get_if<raw_value::table>(&one.second.data);
            if (table == nullptr || !table->empty() || !is_heading(one.first)) {
                report(severity::error, one.second.at, one.first, "unknown key",
                       support::did_you_mean(one.first, known));
            }
            return true;
        });
    }

    void move_deprecated(const option_spec& option) {
        const auto old = raw_.find(option.key);
        if (!option.is(SONDE_OPTION_DEPRECATED) || old == raw_.end()) {
            return;
        }
        if (option.replaced_by.empty() || spec(option.replaced_by) == nullptr) {
            report(severity::warning, old->second.at, option.key, "deprecated; it will go away");
            return;
        }
        const bool is_first = raw_.try_emplace(option.replaced_by, old->second).second;
        report(severity::warning, old->second.at, option.key,
               is_first ? "deprecated" : fmt::format("deprecated, and ignored since '{}' is set", option.replaced_by),
               fmt::format("use '{}' instead", option.replaced_by));
        raw_.erase(old);
    }

    // An empty text where nothing sensible is empty unsets an option that has no default.
    [[nodiscard]] static bool is_unset(const option_spec& option, const raw_value& raw) noexcept {
        const auto* text = std::get_if<std::string>(&raw.data);
        const bool can_be = option.type == option_type::path || option.type == option_type::endpoint ||
                            option.type == option_type::secret;
        return can_be && !option.default_value && text != nullptr && text->empty();
    }

    void take(const option_spec& option) {
        const auto raw = raw_.find(option.key);
        const bool is_written = raw != raw_.end() && !is_unset(option, raw->second);
        if (!is_written && !option.default_value) {
            if (option.is(SONDE_OPTION_REQUIRED)) {
                report(severity::error, raw == raw_.end() ? scope_.at : raw->second.at, option.key,
                       "required, but not set", std::string("set it to ") + std::string(expectation(option.type)));
            }
            return;
        }
        auto made = is_written ? convert(option, raw->second, env_) : convert_text(option, *option.default_value, env_);
        if (!made) {
            report(severity::error, is_written ? raw->second.at : scope_.at, option.key,
                   is_written ? made.error().text : "the built-in default is wrong: " + made.error().text);
            return;
        }
        made->is_default = !is_written;
        values_.push_back(std::move(*made));
    }

    void check_relations(const option_spec& option) {
        const auto raw = raw_.find(option.key);
        if (raw == raw_.end() || is_unset(option, raw->second)) {
            return;
        }
        const bool has_partner = raw_.contains(option.requires_key) || find(values_, option.requires_key) != nullptr;
        if (!option.requires_key.empty() && !has_partner) {
            report(severity::error, raw->second.at, option.key,
                   fmt::format("needs '{}' to be set too", option.requires_key));
        }
        if (const auto other = raw_.find(option.conflicts_key); other != raw_.end()) {
            report(severity::error, raw->second.at, option.key,
                   fmt::format("cannot be combined with '{}', which is set at {}", option.conflicts_key,
                               other->second.at.text()),
                   "remove one of them");
        }
    }

    const option_scope& scope_;
    raw_options raw_;
    std::span<const option_spec> options_;
    const environment& env_;
    diagnostics& found_;
    value_set values_;
    bool failed_ = false;
};

}  // namespace

std::optional<value_set> validate(const option_scope& scope, raw_options raw, std::span<const option_spec> options,
                                  const environment& env, diagnostics& found) {
    return validation(scope, std::move(raw), options, env, found).run();
}

std::optional<value_set> validate(const instance_config& instance, std::span<const option_spec> options,
                                  const environment& env, diagnostics& found) {
    const option_scope scope{fmt::format("{}.{}.config", section(instance.role), instance.name),
                             variable_prefix(instance.name), instance.at, instance.overrides};
    return validate(scope, instance.options, options, env, found);
}

}  // namespace sonde::config
