// SPDX-License-Identifier: Apache-2.0
#include "etcd/messages.hpp"

namespace sonde::etcd {
namespace {

using wire::field;

constexpr std::uint32_t events_field = 11;  // WatchResponse.events

template <class Take>
bool each_field(bytes message, Take&& take) {
    wire::reader reader(message);
    while (const auto next = reader.next()) {
        take(*next);
    }
    return !reader.failed();
}

bool is_bytes(const field& of) noexcept { return of.type == SONDE_WIRE_BYTES; }

// ResponseHeader: cluster_id 1, member_id 2, revision 3, raft_term 4.
bool read_header(const field& from, response_header& to) {
    return each_field(from.bytes, [&](const field& each) {
        switch (each.number) {
        case 1: to.cluster_id = each.value; break;
        case 2: to.member_id = each.value; break;
        case 3: to.revision = each.value; break;
        default: break;
        }
    });
}

// mvccpb.KeyValue: key 1, create_revision 2, mod_revision 3, version 4, value 5, lease 6.
bool read_pair(bytes message, key_value& to) {
    return each_field(message, [&](const field& each) {
        switch (each.number) {
        case 1: to.key = each.text(); break;
        case 2: to.create_revision = each.value; break;
        case 3: to.mod_revision = each.value; break;
        case 4: to.version = each.value; break;
        case 5: to.value = each.text(); break;
        case 6: to.lease = each.value; break;
        default: break;
        }
    });
}

// mvccpb.Event: type 1 (0 is PUT, 1 is DELETE), kv 2, prev_kv 3.
bool read_event(bytes message, key_event& to) {
    bool is_whole = true;
    const bool is_message = each_field(message, [&](const field& each) {
        if (each.number == 1) {
            to.is_delete = each.value == 1;
        } else if (each.number == 2) {
            is_whole = read_pair(each.bytes, to.now) && is_whole;
        } else if (each.number == 3) {
            is_whole = read_pair(each.bytes, to.previous.emplace()) && is_whole;
        }
    });
    return is_message && is_whole;
}

// Member: ID 1, name 2, clientURLs 4, isLearner 5.
bool read_member(bytes message, member& to) {
    return each_field(message, [&](const field& each) {
        switch (each.number) {
        case 1: to.id = each.value; break;
        case 2: to.name = each.text(); break;
        case 4: to.client_urls.emplace_back(each.text()); break;
        case 5: to.is_learner = each.value != 0; break;
        default: break;
        }
    });
}

template <class Fill>
std::string written(std::size_t texts, Fill&& fill) {
    constexpr std::size_t numbers = 96;  // tags, lengths and numbers of any of the requests
    std::string message(texts + numbers, '\0');
    wire::writer out({reinterpret_cast<std::uint8_t*>(message.data()), message.size()});
    fill(out);
    message.resize(out.size());
    return message;
}

}  // namespace

// WatchResponse: header 1, watch_id 2, created 3, canceled 4, compact_revision 5, cancel_reason 6, fragment 7.
bool read_watch_response(bytes message, watch_response& to) {
    bool is_whole = true;
    const bool is_message = each_field(message, [&](const field& each) {
        switch (each.number) {
        case 1: is_whole = read_header(each, to.header); break;
        case 2: to.watch_id = static_cast<std::int64_t>(each.value); break;
        case 3: to.is_created = each.value != 0; break;
        case 4: to.is_canceled = each.value != 0; break;
        case 5: to.compact_revision = each.value; break;
        case 6: to.cancel_reason = each.text(); break;
        case 7: to.has_more_fragments = each.value != 0; break;
        case events_field: ++to.events; break;
        default: break;
        }
    });
    return is_message && is_whole;
}

void event_reader::skip(std::size_t count) {
    while (count > 0) {
        const auto next = fields_.next();
        if (!next) {
            return;
        }
        count -= next->number == events_field ? 1 : 0;
    }
}

bool event_reader::next(key_event& to) {
    while (const auto next = fields_.next()) {
        if (next->number != events_field) {
            continue;
        }
        to = {};
        if (!is_bytes(*next) || !read_event(next->bytes, to)) {
            to = {};
        }
        return true;
    }
    return false;
}

// RangeResponse: header 1, kvs 2, more 3.
bool read_range(bytes message, range_page& to) {
    bool is_whole = true;
    const bool is_message = each_field(message, [&](const field& each) {
        if (each.number == 1) {
            is_whole = read_header(each, to.header) && is_whole;
        } else if (each.number == 2) {
            is_whole = read_pair(each.bytes, to.pairs.emplace_back()) && is_whole;
        } else if (each.number == 3) {
            to.has_more = each.value != 0;
        }
    });
    return is_message && is_whole;
}

// StatusResponse: header 1, version 2, dbSize 3, leader 4, raftIndex 5, raftTerm 6, raftAppliedIndex 7, errors 8,
// dbSizeInUse 9, isLearner 10, dbSizeQuota 12.
bool read_status(bytes message, member_status& to) {
    bool is_whole = true;
    const bool is_message = each_field(message, [&](const field& each) {
        switch (each.number) {
        case 1: is_whole = read_header(each, to.header); break;
        case 2: to.version = each.text(); break;
        case 3: to.db_size = each.value; break;
        case 4: to.leader_id = each.value; break;
        case 5: to.raft_index = each.value; break;
        case 6: to.raft_term = each.value; break;
        case 7: to.raft_applied_index = each.value; break;
        case 8: to.errors.emplace_back(each.text()); break;
        case 9: to.db_size_in_use = each.value; break;
        case 10: to.is_learner = each.value != 0; break;
        case 12: to.db_quota = each.value; break;
        default: break;
        }
    });
    return is_message && is_whole;
}

// MemberListResponse: header 1, members 2.
bool read_members(bytes message, std::vector<member>& to) {
    bool is_whole = true;
    const bool is_message = each_field(message, [&](const field& each) {
        if (each.number == 2) {
            is_whole = read_member(each.bytes, to.emplace_back()) && is_whole;
        }
    });
    return is_message && is_whole;
}

// AuthenticateResponse: header 1, token 2.
std::string read_token(bytes message) {
    std::string token;
    const bool is_message = each_field(message, [&](const field& each) {
        if (each.number == 2) {
            token = each.text();
        }
    });
    return is_message ? token : std::string{};
}

// WatchRequest: create_request 1. WatchCreateRequest: key 1, range_end 2, start_revision 3, progress_notify 4,
// prev_kv 6, watch_id 7, fragment 8.
std::string watch_request(const key_range& of, const watch_create& how) {
    return written(of.begin.size() + of.end.size(), [&](wire::writer& out) {
        out.message(1, [&] {
            out.text(1, of.begin);
            out.text_if(2, of.end);
            out.uint_if(3, how.start_revision);
            out.uint(4, 1);
            out.uint_if(6, how.wants_previous ? 1 : 0);
            out.uint(7, static_cast<std::uint64_t>(how.id));
            out.uint(8, 1);
        });
    });
}

// RangeRequest: key 1, range_end 2, limit 3, revision 4, keys_only 8.
std::string range_request(std::string_view begin, std::string_view end, const range_query& how) {
    return written(begin.size() + end.size(), [&](wire::writer& out) {
        out.text(1, begin);
        out.text_if(2, end);
        out.uint_if(3, how.limit);
        out.uint_if(4, how.revision);
        out.uint_if(8, how.is_keys_only ? 1 : 0);
    });
}

// AuthenticateRequest: name 1, password 2.
std::string authenticate_request(std::string_view user, std::string_view password) {
    return written(user.size() + password.size(), [&](wire::writer& out) {
        out.text(1, user);
        out.text(2, password);
    });
}

}  // namespace sonde::etcd
