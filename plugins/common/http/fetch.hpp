// SPDX-License-Identifier: Apache-2.0
// One request whose whole answer is wanted.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "common/http/message.hpp"

namespace sonde::common::http {

struct answer {
    response_head head;  // its status is 0 if there was no answer
    std::string body;
    outcome how;

    [[nodiscard]] bool is_whole() const noexcept { return head.status != 0 && how.why == failure::none; }
    [[nodiscard]] bool is_ok() const noexcept { return head.status == 200 && how.why == failure::none; }
    // "200", or what failed: "timeout".
    [[nodiscard]] std::string result() const {
        return is_whole() ? std::to_string(head.status) : std::string(name(how.why));
    }
};

class fetch final : private receiver {
public:
    explicit fetch(carrier& by) : carrier_(&by) {}
    fetch(const fetch&) = delete;
    fetch& operator=(const fetch&) = delete;
    ~fetch() { cancel(); }

    // One at a time; `done` may start the next.
    void start(request what, std::function<void(answer&)> done) {
        cancel();
        answer_ = {};
        done_ = std::move(done);
        id_ = carrier_->start(std::move(what), *this);
    }
    void cancel() {
        if (id_ != 0) {
            carrier_->cancel(std::exchange(id_, 0));
        }
    }
    [[nodiscard]] bool is_running() const noexcept { return id_ != 0; }

private:
    void on_head(const response_head& head) override { answer_.head = head; }
    [[nodiscard]] bool on_body(std::string_view bytes) override {
        answer_.body.append(bytes);
        return true;
    }
    void on_end(const outcome& how) override {
        id_ = 0;
        answer_.how = how;
        answer got = std::move(answer_);
        std::exchange(done_, nullptr)(got);
    }

    carrier* carrier_;
    request_id id_ = 0;
    answer answer_;
    std::function<void(answer&)> done_;
};

}  // namespace sonde::common::http
