// SPDX-License-Identifier: Apache-2.0
#include "observe/sample_sink.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "observe/utf8.hpp"

namespace sonde::observe {
namespace {

constexpr std::size_t longest_value = 256;

}  // namespace

labels::labels(std::initializer_list<std::pair<std::string_view, std::string_view>> from) {
    for (const auto& [key, value] : from) {
        add(key, value);
    }
}

void labels::add(std::string_view key, std::string_view value) {
    std::pair<std::string, std::string> added(key, value);
    pairs.insert(std::ranges::upper_bound(pairs, added), std::move(added));
}

result<labels> checked(const labels& from) {
    labels good;
    for (const auto& [key, value] : from.pairs) {
        auto name = label_key(key);
        if (!name) {
            return fail(name.error(), "reading labels");
        }
        if (value.size() > longest_value || !is_utf8(value)) {
            return fail(errc::invalid,
                        fmt::format("the value of label {} is not UTF-8 of at most {} bytes", *name, longest_value));
        }
        good.add(*name, value);
    }
    const auto same_key = [](const auto& a, const auto& b) { return a.first == b.first; };
    if (std::ranges::adjacent_find(good.pairs, same_key) != good.pairs.end()) {
        return fail(errc::invalid, "a label key is given twice");
    }
    return good;
}

family* sample_sink::family_of(kind of, std::string_view name, std::string_view unit, std::string_view help) {
    if (!check_metric(name, unit, of)) {
        return nullptr;
    }
    family& into = families_[to_prometheus(name, unit, of).name];
    if (into.name.empty()) {
        into.name = name;
        into.of = of;
        into.unit = unit;
        into.help = help.empty() || !is_utf8(help) ? name : help;
    }
    return into.name == name && into.of == of && into.unit == unit ? &into : nullptr;
}

void sample_sink::put(kind of, std::string_view name, std::string_view unit, std::string_view help, const labels& with,
                      double value) {
    const auto good = checked(with);
    family* const into = good ? family_of(of, name, unit, help) : nullptr;
    if (into == nullptr || !into->series.try_emplace(*good, value).second) {
        ++refused_;
    }
}

void sample_sink::histogram(std::string_view name, std::string_view unit, std::string_view help, const labels& with,
                            const std::vector<std::uint64_t>& bounds, const distribution& value) {
    const auto good = checked(with);
    family* const into = good ? family_of(kind::histogram, name, unit, help) : nullptr;
    if (into != nullptr && into->distributions.empty()) {
        into->bounds = bounds;
    }
    if (into == nullptr || into->bounds != bounds || !into->distributions.try_emplace(*good, value).second) {
        ++refused_;
    }
}

}  // namespace sonde::observe
