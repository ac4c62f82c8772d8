// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/conversations.hpp"

#include <algorithm>
#include <utility>

namespace sonde::ebpf::payload {
namespace {

using connection::role;
using protocol::confidence;
using protocol::kind;

std::string_view text_from(protocol::bytes from, std::size_t skipped) noexcept {
    return protocol::text_of(from.subspan(std::min(skipped, from.size())));
}

}  // namespace

conversations::conversations(const conversation_settings& settings, connection_kinds* kinds, unwanted on_unwanted)
    : settings_(settings), kinds_(kinds), on_unwanted_(std::move(on_unwanted)), statistics_(settings.http) {}

void conversations::take(const segment& heard) {
    const auto at = find_or_begin(heard);
    if (at == table_.end()) {
        return;
    }
    conversation& of = at->second;
    of.heard = heard.time;
    of.is_ended = of.is_ended || heard.is_end;
    if (heard.size == 0) {
        return;
    }
    const auto step = (heard.is_sent ? of.sent : of.received).advance(heard.sequence, heard.size);
    if (step.overlap == heard.size) {
        ++counts_.repeated;
        return;
    }
    const bool goes_on =
        std::holds_alternative<opening>(of.what) ? listen(heard.cookie, of, heard, step) : follow(of, heard, step);
    if (!goes_on) {
        stop(at);
    }
}

conversations::table::iterator conversations::find_or_begin(const segment& heard) {
    const auto known = table_.find(heard.cookie);
    // The end alone is that of a conversation that was let go before.
    if (known != table_.end() || heard.prefix.empty() || left_.contains(heard.cookie)) {
        return known;
    }
    if (table_.size() >= settings_.most) {
        ++counts_.table_full;
        return known;
    }
    const auto made = table_.try_emplace(heard.cookie).first;
    made->second.ends = heard.ends;
    made->second.is = heard.side;
    return made;
}

bool conversations::listen(std::uint64_t cookie, conversation& to, const segment& heard, const position::step& at) {
    auto& begun = std::get<opening>(to.what);
    begun.add(heard, at);
    const opening::verdict found = begun.judge(to.is);
    if (found.of.how == confidence::needs_more) {
        return true;
    }
    const kind what = found.of.how == confidence::certain ? found.of.what : kind::unknown;
    ++counts_.by_kind[static_cast<std::size_t>(what)];
    if (!settings_.wanted.test(static_cast<std::size_t>(what))) {
        return false;
    }
    if (kinds_ != nullptr) {
        kinds_->set(to.ends, what);
    }
    to.is = found.role;
    return what == kind::http1 && begin_http(cookie, to);
}

bool conversations::begin_http(std::uint64_t cookie, conversation& of) {
    if (!claim(cookie, of)) {
        ++counts_.second_ends;
        return false;
    }
    const bool is_client = of.is == role::client;
    const auto to = statistics_.find(
        {is_client ? of.ends.remote : of.ends.local, of.ends.network_namespace, of.ends.family, of.is}, of.heard);
    if (!to) {
        return false;
    }
    const opening heard = std::get<opening>(of.what);
    auto& followed = of.what.emplace<following>(following{protocol::http_connection(*to), *to});
    const opening::side& client = heard.from_client(of.is);
    const opening::side& server = heard.from_server(of.is);
    const auto all_of = [](const opening::side& side) {
        return protocol::payload{protocol::text_of(side.bytes()), static_cast<std::size_t>(side.full_size), side.time};
    };
    return (client.full_size == 0 || exchange(followed, true, all_of(client), of.heard)) &&
           (server.full_size == 0 || exchange(followed, false, all_of(server), of.heard));
}

bool conversations::follow(conversation& of, const segment& heard, const position::step& at) {
    auto& in = std::get<following>(of.what);
    const bool is_client = heard.is_sent == (of.is == role::client);
    if (at.gap != 0 && !exchange(in, is_client, {{}, at.gap, heard.time}, heard.time)) {
        return false;
    }
    return exchange(in, is_client, {text_from(heard.prefix, at.overlap), heard.size - at.overlap, heard.time},
                    heard.time);
}

bool conversations::exchange(following& in, bool is_client, const protocol::payload& sent, std::uint64_t now) {
    if (is_client) {
        in.of.from_client(sent, statistics_.routes(), exchanges_);
    } else {
        for (const protocol::exchange& each : in.of.from_server(sent, exchanges_)) {
            statistics_.add(in.to, each, now);
        }
    }
    return !in.of.is_over();
}

// The client's end is heard first, unless its segment was lost: then it takes over.
bool conversations::claim(std::uint64_t cookie, const conversation& of) {
    const auto [known, is_new] = pairs_.try_emplace(pair_of(of), heard_end{cookie, of.is});
    if (is_new || known->second.is == of.is) {
        known->second = {cookie, of.is};
        return true;
    }
    if (of.is == role::server) {
        return false;
    }
    const std::uint64_t second = std::exchange(known->second, heard_end{cookie, of.is}).cookie;
    if (const auto at = table_.find(second); at != table_.end()) {
        ++counts_.second_ends;
        stop(at);
    }
    return true;
}

void conversations::stop(table::iterator at) {
    on_unwanted_(at->first);
    if (left_.size() < settings_.most) {
        left_.emplace(at->first, at->second.heard);
    }
    forget(*at);
    table_.erase(at);
}

void conversations::forget(const table::value_type& gone) {
    if (const auto* const in = std::get_if<following>(&gone.second.what); in != nullptr) {
        counts_.unanswered += in->of.outstanding();
    }
    const auto known = pairs_.find(pair_of(gone.second));
    if (known != pairs_.end() && known->second.cookie == gone.first) {
        pairs_.erase(known);
    }
}

void conversations::sweep(std::uint64_t now) {
    std::erase_if(table_, [&](const auto& each) {
        const bool goes = is_over(each.second, now);
        if (goes) {
            forget(each);
        }
        return goes;
    });
    std::erase_if(left_, [&](const auto& each) { return now >= each.second + settings_.left_for; });
    statistics_.sweep(now);
}

bool conversations::is_over(const conversation& of, std::uint64_t now) const noexcept {
    const std::uint64_t silent = now > of.heard ? now - of.heard : 0;
    const auto* const in = std::get_if<following>(&of.what);
    const bool waits = in != nullptr && in->of.outstanding() != 0;
    return silent >= settings_.patience || (of.is_ended && (!waits || silent >= settings_.last_patience));
}

conversations::pair_key conversations::pair_of(const conversation& of) noexcept {
    const bool is_client = of.is == role::client;
    const bool is_local = connection::is_loopback(of.ends.local.ip, of.ends.family);
    return {is_client ? of.ends.local : of.ends.remote, is_client ? of.ends.remote : of.ends.local,
            is_local ? of.ends.network_namespace : 0};
}

std::size_t conversations::pair_hash::operator()(const pair_key& key) const noexcept {
    using enum connection::transport;
    return connection::hash(connection::hash(key.client, tcp, key.network_namespace),
                            connection::hash(key.server, tcp, 0));
}

}  // namespace sonde::ebpf::payload
