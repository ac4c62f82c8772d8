// SPDX-License-Identifier: Apache-2.0
// The metrics of a Kubernetes collector. README.md lists them. Cells with labels are made when first needed; the host
// bounds their number.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include <sonde/host.hpp>

#include "k8s/kinds.hpp"

namespace sonde::k8s {

class meters {
public:
    explicit meters(const host& on) : host_(on) {}
    meters(const meters&) = delete;
    meters& operator=(const meters&) = delete;

    // `outcome`: the status code, or the name of what failed.
    void count_request(std::string_view verb, std::string_view kind, std::string_view outcome);
    void count_bytes(std::string_view kind, std::size_t bytes);
    void count_relist(std::string_view kind, std::string_view reason);
    void count_frame(std::string_view kind, std::string_view type);
    void count_change(std::string_view kind, std::string_view action);
    // An object, frame or document that could not be used.
    void count_lost(std::string_view kind, std::string_view reason);
    void set_objects(std::string_view kind, std::size_t objects, std::size_t bytes);
    // Time since anything was heard on the watch.
    void set_watch_age(std::string_view kind, std::chrono::nanoseconds age);
    // Time from the creation of an object to its arrival.
    void set_lag(std::string_view kind, std::chrono::nanoseconds lag);

private:
    using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
    void count(const char* name, const char* unit, const char* help, labels with, std::uint64_t amount = 1);
    void set(const char* name, const char* unit, const char* help, std::string_view kind, std::int64_t value);

    using key = std::tuple<const char*, std::string, std::string, std::string>;
    host host_;
    std::map<key, counter> counters_;
    std::map<key, gauge> gauges_;
};

}  // namespace sonde::k8s
