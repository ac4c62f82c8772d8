// SPDX-License-Identifier: Apache-2.0
#include "cni/log_pairs.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "cni/log_times.hpp"

namespace sonde::cni {
namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_word(char c) noexcept { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'); }
constexpr bool is_key(char c) noexcept { return is_word(c) || c == '_' || c == '-' || c == '.'; }

enum class meaning : std::uint8_t {
    address,
    arguments,
    capabilities,
    command,
    container,
    dns,
    duration,
    error,
    exit_code,
    gateway,
    interface,
    level,
    mac,
    message,
    network,
    netns,
    plugin,
    pod_name,
    pod_namespace,
    pod_uid,
    route,
    subnet,
    time,
    version,
};

// In lower case and without '_', '-' and '.'.
constexpr std::array keys{
    std::pair{std::string_view("action"), meaning::command},
    std::pair{std::string_view("address"), meaning::address},
    std::pair{std::string_view("args"), meaning::arguments},
    std::pair{std::string_view("cmd"), meaning::command},
    std::pair{std::string_view("cniargs"), meaning::arguments},
    std::pair{std::string_view("cnicommand"), meaning::command},
    std::pair{std::string_view("cnicontainerid"), meaning::container},
    std::pair{std::string_view("cniifname"), meaning::interface},
    std::pair{std::string_view("cninetns"), meaning::netns},
    std::pair{std::string_view("cniplugin"), meaning::plugin},
    std::pair{std::string_view("cnitype"), meaning::plugin},
    std::pair{std::string_view("cniversion"), meaning::version},
    std::pair{std::string_view("command"), meaning::command},
    std::pair{std::string_view("containerid"), meaning::container},
    std::pair{std::string_view("device"), meaning::interface},
    std::pair{std::string_view("dns"), meaning::dns},
    std::pair{std::string_view("duration"), meaning::duration},
    std::pair{std::string_view("elapsed"), meaning::duration},
    std::pair{std::string_view("err"), meaning::error},
    std::pair{std::string_view("errmsg"), meaning::error},
    std::pair{std::string_view("error"), meaning::error},
    std::pair{std::string_view("exitcode"), meaning::exit_code},
    std::pair{std::string_view("gateway"), meaning::gateway},
    std::pair{std::string_view("gw"), meaning::gateway},
    std::pair{std::string_view("iface"), meaning::interface},
    std::pair{std::string_view("ifname"), meaning::interface},
    std::pair{std::string_view("infracontainerid"), meaning::container},
    std::pair{std::string_view("interface"), meaning::interface},
    std::pair{std::string_view("interfacename"), meaning::interface},
    std::pair{std::string_view("ip"), meaning::address},
    std::pair{std::string_view("ipaddress"), meaning::address},
    std::pair{std::string_view("ipv4"), meaning::address},
    std::pair{std::string_view("ipv4addr"), meaning::address},
    std::pair{std::string_view("ipv6"), meaning::address},
    std::pair{std::string_view("k8snamespace"), meaning::pod_namespace},
    std::pair{std::string_view("k8spodinfracontainerid"), meaning::container},
    std::pair{std::string_view("k8spodname"), meaning::pod_name},
    std::pair{std::string_view("k8spodnamespace"), meaning::pod_namespace},
    std::pair{std::string_view("k8spoduid"), meaning::pod_uid},
    std::pair{std::string_view("level"), meaning::level},
    std::pair{std::string_view("loglevel"), meaning::level},
    std::pair{std::string_view("lvl"), meaning::level},
    std::pair{std::string_view("mac"), meaning::mac},
    std::pair{std::string_view("macaddress"), meaning::mac},
    std::pair{std::string_view("message"), meaning::message},
    std::pair{std::string_view("msg"), meaning::message},
    std::pair{std::string_view("namespace"), meaning::pod_namespace},
    std::pair{std::string_view("netns"), meaning::netns},
    std::pair{std::string_view("netnspath"), meaning::netns},
    std::pair{std::string_view("network"), meaning::network},
    std::pair{std::string_view("networkname"), meaning::network},
    std::pair{std::string_view("op"), meaning::command},
    std::pair{std::string_view("operation"), meaning::command},
    std::pair{std::string_view("plugin"), meaning::plugin},
    std::pair{std::string_view("pluginname"), meaning::plugin},
    std::pair{std::string_view("pod"), meaning::pod_name},
    std::pair{std::string_view("podip"), meaning::address},
    std::pair{std::string_view("podname"), meaning::pod_name},
    std::pair{std::string_view("podnamespace"), meaning::pod_namespace},
    std::pair{std::string_view("poduid"), meaning::pod_uid},
    std::pair{std::string_view("route"), meaning::route},
    std::pair{std::string_view("sandboxid"), meaning::container},
    std::pair{std::string_view("severity"), meaning::level},
    std::pair{std::string_view("subnet"), meaning::subnet},
    std::pair{std::string_view("took"), meaning::duration},
    std::pair{std::string_view("ts"), meaning::time},
    std::pair{std::string_view("time"), meaning::time},
    std::pair{std::string_view("timestamp"), meaning::time},
};
constexpr std::size_t longest_key = 24;

// By size and first letter, since each key of each line is looked up.
const std::pair<std::string_view, meaning>* find(std::string_view key) noexcept {
    std::array<char, longest_key> plain{};
    std::size_t size = 0;
    for (const char c : key) {
        if (c == '_' || c == '-' || c == '.') {
            continue;
        }
        if (size == plain.size()) {
            return nullptr;
        }
        plain[size++] = lower(c);
    }
    const std::string_view wanted(plain.data(), size);
    const auto at = std::find_if(keys.begin(), keys.end(), [wanted](const auto& each) {
        return each.first.size() == wanted.size() && each.first.front() == wanted.front() && each.first == wanted;
    });
    return at == keys.end() ? nullptr : &*at;
}

void set(std::string_view& to, std::string_view value) noexcept { to = to.empty() ? value : to; }

// "10.1.2.3", "10.1.2.3/24", "fd00::5".
bool is_address(std::string_view text) noexcept {
    constexpr std::string_view characters = "0123456789abcdefABCDEF.:/%";
    return text.size() >= 2 && text.find_first_not_of(characters) == std::string_view::npos &&
           (text.find(':') != std::string_view::npos || std::count(text.begin(), text.end(), '.') == 3);
}

bool put_as(meaning what, std::string_view value, event& into) noexcept {
    switch (what) {
    case meaning::address:
        if (!is_address(value)) {
            return false;
        }
        into.addresses.push_back(value);
        return true;
    case meaning::arguments: set(into.arguments, value); return true;
    case meaning::command:
        if (into.operation == schema::operation::unspecified) {
            into.operation = operation_named(value.starts_with("cmd") ? value.substr(3) : value);
        }
        return into.operation != schema::operation::unspecified;
    case meaning::container: set(into.container_id, value); return true;
    case meaning::duration:
        into.duration = into.duration.count() == 0 ? read_duration(value) : into.duration;
        return true;
    case meaning::error:
        if (value == "<nil>" || value == "nil" || value == "null") {
            return true;
        }
        set(into.error, value);
        return true;
    case meaning::exit_code: {
        std::int32_t code = 0;
        const bool is_code = std::from_chars(value.data(), value.data() + value.size(), code).ec == std::errc{};
        into.exit_code = is_code ? std::optional(code) : into.exit_code;
        return is_code;
    }
    case meaning::gateway: set(into.gateway, value); return true;
    case meaning::interface: set(into.interface, value); return true;
    case meaning::level: set(into.level, value); return true;
    case meaning::mac: set(into.mac_address, value); return true;
    case meaning::message: set(into.message, value); return true;
    case meaning::network: set(into.network, value); return true;
    case meaning::netns: set(into.netns, value); return true;
    case meaning::plugin: set(into.plugin, value); return true;
    case meaning::pod_name: set(into.pod_name, value); return true;
    case meaning::pod_namespace: set(into.pod_namespace, value); return true;
    case meaning::pod_uid: set(into.pod_uid, value); return true;
    case meaning::route:
        if (is_address(value)) {
            into.routes.push_back({value, {}});
        }
        return true;
    case meaning::subnet: set(into.subnet, value); return true;
    case meaning::time: into.time = into.time.count() == 0 ? read_time(value) : into.time; return true;
    case meaning::version: set(into.cni_version, value); return true;
    case meaning::capabilities:
    case meaning::dns: return false;
    }
    return false;
}

// The value that begins at `at`, which is moved behind it.
std::string_view take_value(std::string_view text, std::size_t& at, char separator) noexcept {
    if (at < text.size() && text[at] == '"') {
        const std::size_t begin = ++at;
        while (at < text.size() && text[at] != '"') {
            at += text[at] == '\\' ? 2 : 1;
        }
        at = std::min(at, text.size());
        const std::string_view value = text.substr(begin, at - begin);
        at = std::min(at + 1, text.size());
        return value;
    }
    const std::string_view ends = separator == '(' ? std::string_view(")") : std::string_view(" \t;,)}]\"");
    const std::size_t end = std::min(text.find_first_of(ends, at), text.size());
    const std::string_view value = text.substr(at, end - at);
    at = end;
    return value;
}

}  // namespace

bool put(std::string_view key, std::string_view value, event& into) noexcept {
    const auto* const known = key.empty() || value.empty() ? nullptr : find(key);
    return known != nullptr && put_as(known->second, value, into);
}

std::size_t read_pairs(std::string_view text, event& into) noexcept {
    constexpr std::size_t most_pairs = 256;
    std::size_t known = 0;
    std::size_t pairs = 0;
    for (std::size_t at = 0; at < text.size() && pairs < most_pairs;) {
        at = text.find_first_of("=:(", at);
        if (at == std::string_view::npos) {
            break;
        }
        const char separator = text[at];
        std::size_t begin = at;
        while (begin != 0 && is_key(text[begin - 1])) {
            --begin;
        }
        const std::string_view key = text.substr(begin, at - begin);
        ++at;
        // A colon in a sentence is followed by a space.
        const bool is_pair = !key.empty() && at < text.size() && (text[at] != ' ' || separator == '=');
        const auto* const meant = is_pair ? find(key) : nullptr;
        if (meant == nullptr) {
            continue;
        }
        ++pairs;
        // The pairs in CNI_ARGS and in a message count by themselves.
        std::size_t behind = at;
        const std::string_view value = take_value(text, behind, separator);
        const bool holds_pairs = meant->second == meaning::arguments || meant->second == meaning::message;
        if (meant->second == meaning::arguments && separator != '(' && text[at] != '"') {
            const std::size_t end = std::min(text.find_first_of(" \t,)}]\"", at), text.size());
            known += put(key, text.substr(at, end - at), into) ? 1 : 0;
        } else {
            known += put(key, value, into) ? 1 : 0;
        }
        at = holds_pairs ? at : std::max(behind, at);
    }
    return known;
}

}  // namespace sonde::cni
