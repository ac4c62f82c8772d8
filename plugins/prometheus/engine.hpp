// SPDX-License-Identifier: Apache-2.0
// All queries and targets of an instance on one HTTP client. Used by the data thread; state() also by endpoints, under
// the collector's lock.
#pragma once

#include <memory>
#include <random>
#include <vector>

#include <poll.h>

#include <sonde/host.hpp>

#include "common/http/client.hpp"
#include "prometheus/pages.hpp"
#include "prometheus/query.hpp"
#include "prometheus/target.hpp"

namespace sonde::prometheus {

struct streams {
    stream queries;
    stream scrapes;
};

class engine {
public:
    // `of` and `counted` have to outlive it. Fails if the machine is out of descriptors.
    [[nodiscard]] static result<std::unique_ptr<engine>>
    make(const host& on, const option_values& of, const meters& counted, const streams& to, std::uint32_t seed);

    void turn();
    [[nodiscard]] pollfd descriptor() const noexcept { return {client_.fd(), POLLIN, 0}; }
    // Time until the next wanted turn.
    [[nodiscard]] std::chrono::nanoseconds wait() const noexcept;
    [[nodiscard]] std::vector<poll_facts> state() const;

private:
    struct row {
        source_kind kind;
        std::unique_ptr<subject> what;
        std::unique_ptr<poller> by;
    };

    engine(const host& on, const option_values& of, const meters& counted, const streams& to,
           common::http::client client)
        : host_(on), of_(&of), meters_(&counted), to_(to), access_(of.access), client_(std::move(client)) {}
    void add(source_kind kind, std::unique_ptr<subject> what, std::chrono::nanoseconds interval, std::mt19937& random);
    void count_failing() const;

    host host_;
    const option_values* of_;
    const meters* meters_;
    streams to_;
    access access_;
    std::vector<row> rows_;
    std::size_t first_ = 0;        // whose turn it is first
    common::http::client client_;  // last: it ends what runs before the receivers go
};

}  // namespace sonde::prometheus
