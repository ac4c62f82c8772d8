// SPDX-License-Identifier: Apache-2.0
#include "cni/log_words.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "cni/event.hpp"

namespace sonde::cni {
namespace {

// What a word is about. A message is the union of its words.
enum : std::uint32_t {
    about_add = 1U << 0U,     // something comes
    about_remove = 1U << 1U,  // something goes
    about_route = 1U << 2U,
    about_address = 1U << 3U,
    about_allocate = 1U << 4U,
    about_release = 1U << 5U,
    about_link = 1U << 6U,
    about_up = 1U << 7U,
    about_down = 1U << 8U,
    about_policy = 1U << 9U,
    about_config = 1U << 10U,
    about_change = 1U << 11U,
    about_health = 1U << 12U,
    about_call = 1U << 13U,  // beside it, "add" and "del" are operations
};

struct stem {
    std::string_view text;
    std::uint32_t about;
    bool is_whole = false;  // the word ends with it
};

// In lower case; the first that fits.
constexpr std::array stems{
    stem{"add", about_add, true},
    stem{"added", about_add},
    stem{"adding", about_add},
    stem{"address", about_address},
    stem{"allocat", about_allocate},
    stem{"appl", about_add},
    stem{"assign", about_allocate},
    stem{"attach", about_up},
    stem{"cni", about_call, true},
    stem{"cmd", about_call, true},
    stem{"command", about_call},
    stem{"config", about_config},
    stem{"conflist", about_config},
    stem{"chang", about_change},
    stem{"creat", about_add | about_up},
    stem{"connected", about_up},
    stem{"del", about_remove, true},
    stem{"delet", about_remove | about_down},
    stem{"detach", about_down},
    stem{"down", about_down, true},
    stem{"disconnect", about_down},
    stem{"eni", about_link, true},
    stem{"endpoint", about_link},
    stem{"enforc", about_add},
    stem{"freed", about_release},
    stem{"freeing", about_release},
    stem{"handling", about_call},
    stem{"health", about_health},
    stem{"interface", about_link},
    stem{"ip", about_address, true},
    stem{"ips", about_address, true},
    stem{"ipam", about_address, true},
    stem{"ipv", about_address},
    stem{"install", about_add},
    stem{"link", about_link, true},
    stem{"policy", about_policy},
    stem{"policies", about_policy},
    stem{"processing", about_call},
    stem{"program", about_add},
    stem{"route", about_route, true},
    stem{"routes", about_route, true},
    stem{"releas", about_release},
    stem{"remov", about_remove | about_down},
    stem{"request", about_call},
    stem{"received", about_call},
    stem{"reload", about_change},
    stem{"replac", about_change},
    stem{"reserv", about_allocate},
    stem{"operation", about_call},
    stem{"setup", about_up, true},
    stem{"succeeded", about_call},
    stem{"teardown", about_down, true},
    stem{"unassign", about_release},
    stem{"up", about_up, true},
    stem{"updat", about_change | about_add},
    stem{"veth", about_link},
    stem{"written", about_change},
};

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool is_letter(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }

// Where the stems of each letter begin.
constexpr auto by_letter = [] {
    std::array<std::pair<std::uint8_t, std::uint8_t>, 26> ranges{};
    for (std::size_t i = 0; i < stems.size(); ++i) {
        auto& range = ranges[static_cast<std::size_t>(stems[i].text.front() - 'a')];
        range.first =
            range.second == 0 ? static_cast<std::uint8_t>(i) : std::min(range.first, static_cast<std::uint8_t>(i));
        range.second = static_cast<std::uint8_t>(i + 1);
    }
    return ranges;
}();

std::uint32_t meaning_of(std::string_view word) noexcept {
    const char first = lower(word.front());
    const auto [begin, end] = by_letter[static_cast<std::size_t>(first - 'a')];
    for (std::size_t i = begin; i < end; ++i) {
        const stem& each = stems[i];
        const bool fits = each.is_whole ? word.size() == each.text.size() : word.size() >= each.text.size();
        if (fits && std::equal(each.text.begin(), each.text.end(), word.begin(),
                               [](char a, char b) { return a == lower(b); })) {
            return each.about;
        }
    }
    return 0;
}

// An operation in the way of the protocol ("ADD"), of the plugins' functions ("cmdAdd") or, beside a word such as
// "request", in lower case.
schema::operation operation_of(std::string_view word, bool is_beside_call) noexcept {
    constexpr std::size_t longest = 9;
    if (word.size() > longest) {
        return schema::operation::unspecified;
    }
    const bool is_function = word.size() > 3 && lower(word[0]) == 'c' && word[1] == 'm' && word[2] == 'd';
    const std::string_view name = is_function ? word.substr(3) : word;
    const bool is_upper = std::all_of(name.begin(), name.end(), [](char c) { return c != lower(c); });
    return is_function || is_upper || is_beside_call ? operation_named(name) : schema::operation::unspecified;
}

schema::kind kind_of(std::uint32_t about) noexcept {
    const auto has = [about](std::uint32_t bits) { return (about & bits) != 0; };
    if (has(about_policy) && has(about_add | about_remove)) {
        return has(about_remove) ? schema::kind::policy_removed : schema::kind::policy_applied;
    }
    if (has(about_route) && has(about_add | about_remove)) {
        return has(about_remove) ? schema::kind::route_removed : schema::kind::route_added;
    }
    if (has(about_address) && has(about_allocate | about_release)) {
        return has(about_release) ? schema::kind::address_released : schema::kind::address_allocated;
    }
    if (has(about_config) && has(about_change)) {
        return schema::kind::config_changed;
    }
    if (has(about_link) && has(about_up | about_down)) {
        return has(about_down) ? schema::kind::interface_down : schema::kind::interface_up;
    }
    return has(about_health) ? schema::kind::health : schema::kind::unspecified;
}

}  // namespace

word_facts read_words(std::string_view message) noexcept {
    constexpr std::size_t most_words = 64;  // what comes later is data
    word_facts read;
    std::uint32_t about = 0;
    std::uint32_t last = 0;
    std::string_view pending;  // a word that is an operation if the next one says so
    std::size_t words = 0;
    for (std::size_t at = 0; at < message.size() && words < most_words; ++words) {
        while (at < message.size() && !is_letter(message[at])) {
            ++at;
        }
        std::size_t end = at;
        while (end < message.size() && is_letter(message[end])) {
            ++end;
        }
        if (at == end) {
            break;
        }
        const std::string_view word = message.substr(at, end - at);
        at = end;
        const std::uint32_t meant = meaning_of(word);
        if (read.operation == schema::operation::unspecified) {
            read.operation = operation_of(word, (last & about_call) != 0);
        }
        if (read.operation == schema::operation::unspecified && (meant & about_call) != 0 && !pending.empty()) {
            read.operation = operation_of(pending, true);
        }
        pending = word;
        about |= meant;
        last = meant;
    }
    read.kind = kind_of(about);
    return read;
}

bool is_failure_level(std::string_view level) noexcept {
    constexpr std::array<std::string_view, 10> failures{"error", "err",   "fatal", "panic", "critical",
                                                        "crit",  "alert", "emerg", "e",     "f"};
    return std::any_of(failures.begin(), failures.end(), [level](std::string_view each) {
        return level.size() == each.size() &&
               std::equal(each.begin(), each.end(), level.begin(), [](char a, char b) { return a == lower(b); });
    });
}

}  // namespace sonde::cni
