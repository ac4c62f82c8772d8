// SPDX-License-Identifier: Apache-2.0
// Any bytes as an answer of a server and as a key; the first byte says as which. Whatever is read stays within what was
// given, a walk that is broken off and goes on tells the same events, a watch never goes back, and what the names of a
// key say are parts of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "etcd/endpoint.hpp"
#include "etcd/key_range.hpp"
#include "etcd/member_facts.hpp"
#include "etcd/messages.hpp"
#include "etcd/place.hpp"
#include "etcd/registry_key.hpp"
#include "etcd/resync.hpp"
#include "etcd/watch.hpp"

namespace {

using namespace sonde::etcd;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_within(std::string_view part, bytes whole) {
    const auto* const begin = reinterpret_cast<const char*>(whole.data());
    return part.empty() || (part.data() >= begin && part.data() + part.size() <= begin + whole.size());
}

void watch_a_response(bytes message) {
    watch_response response;
    const bool is_message = read_watch_response(message, response);
    require(is_within(response.cancel_reason, message));
    watch of({"a", "b"}, begin_at::now);
    of.meet(1, 100);
    std::uint64_t reached = of.start_revision();
    event_reader events(message);
    std::size_t count = 0;
    std::string last;
    for (key_event each; events.next(each); ++count) {
        require(is_within(each.now.key, message) && is_within(each.now.value, message));
        require(!each.previous || is_within(each.previous->value, message));
        last = each.now.key;
        of.told(each.now.mod_revision);
        require(of.start_revision() >= reached);
        reached = of.start_revision();
    }
    require(!is_message || count == response.events);
    of.finished(response);
    require(of.start_revision() >= reached || of.at()->revision == ~0ull);
    if (count > 0) {
        event_reader again(message);
        again.skip(count - 1);
        key_event each;
        require(again.next(each) && each.now.key == last && !again.next(each));
    }
}

void list_a_page(bytes message) {
    range_page page;
    if (!read_range(message, page)) {
        return;
    }
    for (const key_value& each : page.pairs) {
        require(is_within(each.key, message) && is_within(each.value, message));
    }
    resync of({"a", "b"}, 4, true);
    of.took(page);
    require(of.keys() == page.pairs.size());
    require(of.is_done() || of.request().find(page.pairs.back().key) != std::string::npos);
}

void ask_members(bytes message) {
    std::vector<member_facts> facts(1);
    std::vector<member> members;
    facts[0].is_reachable = read_status(message, facts[0].status);
    static_cast<void>(read_members(message, members));
    facts[0].alarms = alarms_of(facts[0].status.header.member_id, facts[0].status.errors);
    compare(facts, members);
    require(facts[0].alarms.size() <= facts[0].status.errors.size());
    require(read_token(message).size() <= message.size());
}

void read_key(std::string_view key) {
    const bytes whole(reinterpret_cast<const std::uint8_t*>(key.data()), key.size());
    if (const auto found = parse_registry_key(key, "/registry/")) {
        require(!found->name.empty() && !found->resource.empty());
        require(is_within(found->name, whole) && is_within(found->name_space, whole));
        require(found->name.find('/') == std::string_view::npos);
        require(key.ends_with(found->name));
        // The rule for secrets does not depend on the prefix being known.
        require(found->resource != "secrets" || names_secrets(key));
    }
    const key_range range = prefix_range(key);
    require(!range.begin.empty() && (range.end == no_end || range.begin < range.end));
    require(range.end == no_end || !std::string_view(range.end).starts_with(key));
    const auto joined = merged({range, prefix_range(key.substr(0, key.size() / 2)), {"m", "n"}});
    require(!joined.empty() && joined.size() <= 2);
}

void read_texts(std::string_view text) {
    if (const auto at = parse_place(text)) {
        require(parse_place(to_text(*at)) == at);
    }
    if (const auto at = parse_endpoint(text, true)) {
        require(!at->target.empty() &&
                text.find(at->target.substr(at->target.find('/') + 1)) != std::string_view::npos);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const bytes rest(data + 1, size - 1);
    const std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
    switch (data[0] % 5) {
    case 0: watch_a_response(rest); break;
    case 1: list_a_page(rest); break;
    case 2: ask_members(rest); break;
    case 3: read_key(text); break;
    default: read_texts(text); break;
    }
    return 0;
}
