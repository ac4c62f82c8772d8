// SPDX-License-Identifier: Apache-2.0
#include "cni/event.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <strings.h>

namespace sonde::cni {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds slow = 10s;

constexpr std::array<std::pair<std::string_view, schema::operation>, 7> operations{
    std::pair{"ADD", schema::operation::add}, {"DEL", schema::operation::del}, {"DELETE", schema::operation::del},
    {"CHECK", schema::operation::check},      {"GC", schema::operation::gc},   {"STATUS", schema::operation::status},
    {"VERSION", schema::operation::version},
};

}  // namespace

void event::clear() {
    event blank;
    const auto keep = [](auto& from, auto& to) {
        from.clear();
        to = std::move(from);
    };
    keep(addresses, blank.addresses);
    keep(routes, blank.routes);
    keep(dns_servers, blank.dns_servers);
    keep(dns_search, blank.dns_search);
    keep(dns_options, blank.dns_options);
    keep(capabilities, blank.capabilities);
    keep(plugins, blank.plugins);
    keep(differences, blank.differences);
    *this = std::move(blank);
}

bool has_failed(const event& of) noexcept {
    return of.kind == schema::kind::error || (of.success && !*of.success) || of.exit_code.value_or(0) != 0 ||
           of.exit_signal.value_or(0) != 0;
}

std::uint32_t severity_of(const event& of) noexcept {
    if (has_failed(of)) {
        return of.operation == schema::operation::add ? severity_critical : severity_error;
    }
    return of.operation == schema::operation::check || of.duration > slow ? severity_warning : severity_info;
}

schema::operation operation_named(std::string_view name) noexcept {
    for (const auto& [known, is] : operations) {
        if (name.size() == known.size() && ::strncasecmp(name.data(), known.data(), name.size()) == 0) {
            return is;
        }
    }
    return schema::operation::unspecified;
}

std::string_view name(schema::operation of) noexcept {
    for (const auto& [known, is] : operations) {
        if (of == is) {
            return known;
        }
    }
    return "unknown";
}

std::string_view argument(std::string_view arguments, std::string_view key) noexcept {
    while (!arguments.empty()) {
        const std::string_view pair = arguments.substr(0, arguments.find(';'));
        arguments.remove_prefix(std::min(arguments.size(), pair.size() + 1));
        const std::size_t equals = pair.find('=');
        if (equals == key.size() && pair.starts_with(key)) {
            return pair.substr(equals + 1);
        }
    }
    return {};
}

void read_arguments(event& into) noexcept {
    const auto fill = [&into](std::string_view& to, std::string_view key) {
        to = to.empty() ? argument(into.arguments, key) : to;
    };
    fill(into.pod_name, "K8S_POD_NAME");
    fill(into.pod_namespace, "K8S_POD_NAMESPACE");
    fill(into.pod_uid, "K8S_POD_UID");
    fill(into.container_id, "K8S_POD_INFRA_CONTAINER_ID");
}

}  // namespace sonde::cni
