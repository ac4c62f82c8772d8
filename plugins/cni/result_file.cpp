// SPDX-License-Identifier: Apache-2.0
#include "cni/result_file.hpp"

#include <simdjson.h>

#include "common/json_fields.hpp"

namespace sonde::cni {
namespace {

namespace json = common::json;

constexpr std::size_t most_entries = 64;

template <class Item>
void push(std::vector<Item>& to, Item each) {
    if (to.size() < most_entries) {
        to.push_back(each);
    }
}

void read_texts(json::element of, std::string_view key, std::vector<std::string_view>& to) {
    json::with(of, key, [&](json::element all) {
        json::each_item(all, [&](json::element each) {
            std::string_view text;
            if (each.get(text) == simdjson::SUCCESS) {
                push(to, text);
            }
        });
    });
}

void read_route(json::element of, event& into) {
    push(into.routes, route_facts{json::text(of, "dst"), json::text(of, "gw")});
}

// Of versions before 0.3.0.
void read_old_address(json::element of, event& into) {
    if (const std::string_view address = json::text(of, "ip"); !address.empty()) {
        push(into.addresses, address);
    }
    into.gateway = into.gateway.empty() ? json::text(of, "gateway") : into.gateway;
    json::with(of, "routes",
               [&](json::element all) { json::each_item(all, [&](json::element each) { read_route(each, into); }); });
}

// The interface in the container is the one with a sandbox.
void read_interface(json::element of, event& into) {
    const std::string_view sandbox = json::text(of, "sandbox");
    if (sandbox.empty() || !into.mac_address.empty()) {
        return;
    }
    into.netns = into.netns.empty() ? sandbox : into.netns;
    into.interface = into.interface.empty() ? json::text(of, "name") : into.interface;
    into.mac_address = json::text(of, "mac");
}

void read_result(json::element of, event& into) {
    into.cni_version = json::text(of, "cniVersion");
    json::with(of, "interfaces", [&](json::element all) {
        json::each_item(all, [&](json::element each) { read_interface(each, into); });
    });
    json::with(of, "ips", [&](json::element all) {
        json::each_item(all, [&](json::element each) {
            if (const std::string_view address = json::text(each, "address"); !address.empty()) {
                push(into.addresses, address);
            }
            into.gateway = into.gateway.empty() ? json::text(each, "gateway") : into.gateway;
        });
    });
    for (const char* const version : {"ip4", "ip6"}) {
        json::with(of, version, [&](json::element each) { read_old_address(each, into); });
    }
    json::with(of, "routes",
               [&](json::element all) { json::each_item(all, [&](json::element each) { read_route(each, into); }); });
    json::with(of, "dns", [&](json::element dns) {
        read_texts(dns, "nameservers", into.dns_servers);
        into.dns_domain = json::text(dns, "domain");
        read_texts(dns, "search", into.dns_search);
        read_texts(dns, "options", into.dns_options);
    });
}

void read_argument(json::element of, event& into) {
    std::string_view key;
    std::string_view value;
    if (of.at(0).get(key) != simdjson::SUCCESS || of.at(1).get(value) != simdjson::SUCCESS) {
        return;
    }
    if (key == "K8S_POD_NAME") {
        into.pod_name = value;
    } else if (key == "K8S_POD_NAMESPACE") {
        into.pod_namespace = value;
    } else if (key == "K8S_POD_UID") {
        into.pod_uid = value;
    }
}

}  // namespace

struct result_reader::room {
    simdjson::dom::parser parser;
    std::string raw;
};

result_reader::result_reader() : room_(std::make_unique<room>()) {}
result_reader::~result_reader() = default;

result<void> result_reader::read(std::string_view text, event& into) {
    json::element document;
    if (const auto problem = room_->parser.parse(text.data(), text.size()).get(document);
        problem != simdjson::SUCCESS) {
        return fail(errc::invalid, std::string("it is no JSON: ") + simdjson::error_message(problem));
    }
    if (!document.is_object()) {
        return fail(errc::invalid, "it is no JSON object");
    }
    if (json::text(document, "kind") != "cniCacheV1") {
        read_result(document, into);
        room_->raw = simdjson::minify(document);
        into.raw = room_->raw;
        return {};
    }
    into.container_id = json::text(document, "containerId");
    into.interface = json::text(document, "ifName");
    into.network = json::text(document, "networkName");
    json::with(document, "cniArgs", [&](json::element all) {
        json::each_item(all, [&](json::element each) { read_argument(each, into); });
    });
    json::with(document, "capabilityArgs", [&](json::element all) {
        json::each_member(all, [&](std::string_view name, json::element) { push(into.capabilities, name); });
    });
    // Beside it is the whole configuration, which may hold secrets.
    json::with(document, "result", [&](json::element of) {
        read_result(of, into);
        room_->raw = simdjson::minify(of);
        into.raw = room_->raw;
    });
    return {};
}

}  // namespace sonde::cni
