// SPDX-License-Identifier: Apache-2.0
#include "vault/collector.hpp"

#include <algorithm>
#include <random>

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;

constexpr auto never = std::chrono::nanoseconds::max();

}  // namespace

result<void> collector::configure(const settings& values) {
    auto read = read_options(values);
    if (!read) {
        return std::unexpected(read.error());
    }
    values_ = std::move(*read);
    return {};
}

result<void> collector::start() {
    out_.emplace(host_, values_.server.address);
    if (auto opened = out_->open(); !opened) {
        return opened;
    }
    const std::lock_guard lock(mutex_);
    if (!values_.server.address.empty()) {
        auto client = common::http::client::make(values_.server.client);
        if (!client) {
            return std::unexpected(client.error());
        }
        asking_.emplace(host_, values_.server, std::move(*client), meters_, *out_, std::random_device{}());
    }
    auditing_.emplace(host_, values_.audit, meters_, *out_);
    return {};
}

result<void> collector::run(run_context& until) {
    {
        const std::lock_guard lock(mutex_);
        auditing_->files.start();
        auditing_->sockets.start();
    }
    turn(false);
    for (;;) {
        // Only this thread changes the parts while it runs.
        gather_descriptors();
        if (!until.wait(descriptors_, wait())) {
            finish();
            return {};
        }
        turn(until.take_subscriber());
    }
}

void collector::gather_descriptors() {
    descriptors_.clear();
    if (asking_) {
        descriptors_.push_back({asking_->client.fd(), POLLIN, 0});
    }
    if (auditing_->sockets.fd() >= 0) {
        descriptors_.push_back({auditing_->sockets.fd(), POLLIN, 0});
    }
    auditing_->files.add_descriptors(descriptors_);
}

void collector::turn(bool is_new_subscriber) {
    const std::lock_guard lock(mutex_);
    if (asking_) {
        asking_->client.drive();
        if (is_new_subscriber) {
            asking_->status.request_snapshot();
        }
        asking_->status.turn();
        if (asking_->status.serves()) {
            asking_->token.turn();
        }
        asking_->metrics.turn(asking_->status.serves());
    }
    auditing_->sockets.turn();
    auditing_->files.turn();
    report();
}

std::chrono::nanoseconds collector::wait() const {
    auto due = std::min(auditing_->files.due(), auditing_->sockets.due());
    if (asking_) {
        due = std::min({due, asking_->status.due(), asking_->metrics.due()});
        if (asking_->status.serves()) {
            due = std::min(due, asking_->token.due());
        }
        if (const auto http = asking_->client.wait(); http >= 0ns) {
            due = std::min(due, host_.monotonic() + http);
        }
    }
    return due == never ? -1ns : std::max<std::chrono::nanoseconds>(due - host_.monotonic(), 0ns);
}

void collector::finish() {
    const std::lock_guard lock(mutex_);
    auditing_->sockets.finish();
    out_->flush();
    auditing_->files.finish();
}

result<void> collector::stop(std::chrono::nanoseconds) {
    const std::lock_guard lock(mutex_);
    asking_.reset();
    auditing_.reset();
    return {};
}

part_states collector::parts() const {
    return {asking_ ? &asking_->status.state() : &off_, asking_ ? &asking_->token.state() : &off_,
            asking_ ? &asking_->metrics.state() : &off_, &auditing_->files.state(), &auditing_->sockets.state()};
}

// Tells the host only what differs from the last report.
void collector::report() {
    health_report now = judge(parts());
    if (reported_ != now) {
        host_.report(now.is_ok ? health::ok : health::recoverable, now.reason, now.text);
        reported_ = std::move(now);
    }
}

result<void> collector::handle(std::string_view, const request&, response& to) {
    const std::lock_guard lock(mutex_);
    if (!auditing_) {
        return fail(errc::failed, "the collector is stopping");
    }
    return to.write(check_json({parts(), asking_ ? &asking_->status.facts() : nullptr, auditing_->sockets.addresses(),
                                auditing_->sockets.connections(), auditing_->sink.told()}));
}

}  // namespace sonde::vault
