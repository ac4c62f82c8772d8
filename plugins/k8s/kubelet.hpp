// SPDX-License-Identifier: Apache-2.0
// Asks this node's kubelet for its pods and statistics at intervals, and publishes them and the conditions in them.
// Does nothing unless enabled. Used by the data thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include <sonde/host.hpp>
#include <sonde/lane.hpp>

#include "common/http/client.hpp"
#include "common/http/fetch.hpp"
#include "common/http/token_file.hpp"
#include "k8s/kubelet_conditions.hpp"
#include "k8s/options.hpp"
#include "k8s/reflector.hpp"

namespace sonde::k8s {

inline constexpr const char* kubelet_topic = "raw/k8s/kubelet/";

class kubelet {
public:
    [[nodiscard]] static result<std::unique_ptr<kubelet>> make(const host& on, const option_values& values,
                                                               meters& meter);
    kubelet(const kubelet&) = delete;
    kubelet& operator=(const kubelet&) = delete;

    // -1 while there is nothing to wait for.
    [[nodiscard]] int fd() const noexcept { return client_ ? client_->fd() : -1; }
    // Negative: only answers bring news.
    [[nodiscard]] std::chrono::nanoseconds wait() const;
    void turn();
    void request_snapshot();
    [[nodiscard]] const std::optional<problem>& trouble() const noexcept { return trouble_; }

private:
    struct look {
        const char* path;
        const char* name;
        std::chrono::nanoseconds interval;
        std::chrono::nanoseconds due;
    };
    kubelet(const host& on, const option_values& values, meters& meter);
    void ask(look& at);
    void take(const look& at, common::http::answer& answer);
    void publish_usage(const kubelet_usage& of) const;
    void publish_event(const condition_event& event) const;

    host host_;
    const kubelet_values* values_;
    meters* meter_;
    common::http::token_file token_;
    std::optional<common::http::client> client_;
    stream out_;
    condition_book book_;
    std::optional<problem> trouble_;
    look pods_;
    look summary_;
    std::optional<common::http::fetch> fetch_;  // last: its answers use the rest
};

}  // namespace sonde::k8s
