// SPDX-License-Identifier: Apache-2.0
#include "etcd/meters.hpp"

#include <string_view>

#include "etcd/schema.hpp"

namespace sonde::etcd {
namespace {

constexpr std::array<std::string_view, 6> kinds{"", "put", "delete", "gap", "resync", "synced"};

counter gaps(const host& on, std::string_view reason) {
    return on.make_counter("etcd.gaps", "{gap}", "Times events may have been missed, by reason", {{"reason", reason}});
}

}  // namespace

meters::meters(const host& on)
    : responses(on.make_counter("etcd.watch.responses", "{message}", "Messages of the watch")),
      fragments(on.make_counter("etcd.watch.fragments", "{message}", "Messages that were not the last of a response")),
      progress(on.make_counter("etcd.watch.progress", "{message}", "Notices of progress without events")),
      malformed(on.make_counter("etcd.malformed", "{message}", "Messages and events that made no sense")),
      waits(on.make_counter("etcd.watch.waits", "{wait}", "Times telling waited because the lane was full")),
      withheld(on.make_counter("etcd.values.withheld", "{value}", "Events of keys whose values are never told")),
      truncated(on.make_counter("etcd.values.truncated", "{value}", "Values that were cut")),
      gaps_compacted(gaps(on, "compacted")), gaps_other_cluster(gaps(on, "other_cluster")),
      gaps_went_back(gaps(on, "went_back")),
      listings(on.make_counter("etcd.listings", "{listing}", "Ranges that were told as they are")),
      listing_restarts(on.make_counter("etcd.listing.restarts", "{listing}", "Listings begun anew after a compaction")),
      connects(on.make_counter("etcd.connects", "{connection}", "Times the watch began, with the first")),
      failures(on.make_counter("etcd.failures", "{failure}", "Connections that failed or ended")),
      moves(on.make_counter("etcd.moves", "{move}", "Times another endpoint was taken")),
      tokens(on.make_counter("etcd.auth.tokens", "{token}", "Tokens that were given")),
      positions_saved(on.make_counter("etcd.positions.saved", "{position}", "Times the positions were saved")),
      position_failures(on.make_counter("etcd.positions.failures", "{failure}", "Times they could not be")),
      positions_lost(on.make_counter("etcd.positions.lost", "{position}", "Files of positions that were corrupt")),
      status_failures(on.make_counter("etcd.status.failures", "{failure}", "Members that did not tell their status")),
      is_connected(on.make_gauge("etcd.connected", "1", "1 while all ranges are watched")),
      revision(on.make_gauge("etcd.revision", "{revision}", "Revision up to which events were told")),
      alarms(on.make_gauge("etcd.alarms", "{alarm}", "Alarms that are raised")),
      members(on.make_gauge("etcd.members", "{member}", "Members of the cluster")) {
    for (std::size_t i = 1; i < events.size(); ++i) {
        events[i] = on.make_counter("etcd.events", "{event}", "Events that were told, by kind", {{"kind", kinds[i]}});
    }
}

member_meters::member_meters(const host& on, const endpoint& of) {
    const auto make = [&](const char* name, const char* unit, const char* help) {
        return on.make_gauge(name, unit, help, {{"endpoint", of.text}});
    };
    is_reachable = make("etcd.member.reachable", "1", "1 if the member told its status");
    has_leader = make("etcd.member.has_leader", "1", "1 if the member knows a leader");
    is_leader = make("etcd.member.leader", "1", "1 if the member leads");
    db_size = make("etcd.member.db.size", "By", "Size of its database");
    db_size_in_use = make("etcd.member.db.in_use", "By", "What of it is in use");
    raft_index = make("etcd.member.raft.index", "{entry}", "Entries that it knows are committed");
    raft_lag = make("etcd.member.raft.lag", "{entry}", "Entries it applied less than the furthest known");
}

}  // namespace sonde::etcd
