// SPDX-License-Identifier: Apache-2.0
// The metrics of a Prometheus collector. README.md lists them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <sonde/host.hpp>

namespace sonde::prometheus {

enum class source_kind : std::uint8_t { query, scrape };

// Why there is no answer, or none that can be used.
enum class trouble : std::uint8_t {
    none,
    name_lookup,
    unreachable,
    tls,
    timeout,
    broken,        // ended early, or against the protocol
    unauthorized,  // 401, 403, or the token cannot be read
    not_found,     // 404, 405, 410
    redirected,    // 3xx
    bad_query,     // 400, 422
    server_error,  // 5xx, 429, and anything else
    body_too_large,
    too_many_samples,  // or labels, or too long a line
    malformed,
};
inline constexpr std::size_t trouble_count = 14;
// "timeout" for trouble::timeout.
[[nodiscard]] std::string_view name(trouble of) noexcept;
// True for what may pass by itself within seconds.
[[nodiscard]] constexpr bool may_pass(trouble of) noexcept {
    return of == trouble::name_lookup || of == trouble::unreachable || of == trouble::timeout ||
           of == trouble::broken || of == trouble::server_error || of == trouble::malformed;
}

// Of the queries, or of the targets.
struct source_meters {
    source_meters(const host& on, std::string_view kind);

    counter requests;
    counter retries;
    counter missed;
    counter samples;
    counter bytes;
    counter lost;
    gauge failing;
    gauge duration;
    std::array<counter, trouble_count> failures;
};

struct meters {
    explicit meters(const host& on);

    source_meters query;
    source_meters scrape;
    counter warnings;
    counter infos;
    counter stale;
    counter left_out;
    counter skipped_texts;

    [[nodiscard]] const source_meters& of(source_kind kind) const noexcept {
        return kind == source_kind::query ? query : scrape;
    }
};

}  // namespace sonde::prometheus
