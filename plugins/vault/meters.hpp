// SPDX-License-Identifier: Apache-2.0
// The metrics of a vault collector. README.md lists them. Used by the data thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <sonde/host.hpp>

namespace sonde::vault {

struct meters {
    explicit meters(const host& on);

    // `result` is a status code or what failed.
    void count_request(std::string_view what, std::string_view result) const;

    counter status_events;
    counter status_changes;
    gauge answers;  // 1 while the server does
    gauge sealed;
    gauge active;

    gauge token_accepted;
    gauge token_ttl;
    counter token_renewals;
    counter token_failures;
    counter token_refusals;
    counter token_changes;

    counter metric_samples;
    counter metric_failures;

    counter audit_from_files;
    counter audit_from_sockets;
    counter audit_bytes;
    counter audit_malformed;
    counter audit_too_long;
    counter audit_withheld;  // values
    counter audit_hmac_left_out;
    counter audit_waits;
    counter audit_lost;  // taken from a socket while the lane was full
    gauge audit_lag;
    gauge connections;
    counter connections_accepted;
    counter connections_refused;
    counter file_rotations;
    counter file_truncations;
    counter file_lost_generations;
    counter file_lost_bytes;
    counter positions_saved;
    counter position_failures;
    counter positions_lost;

private:
    host host_;
    mutable std::map<std::pair<std::string, std::string>, counter> requests_;
};

}  // namespace sonde::vault
