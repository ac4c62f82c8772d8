// SPDX-License-Identifier: Apache-2.0
// One GET whose whole answer is wanted.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "common/http/message.hpp"

namespace sonde::k8s {

struct fetched {
    int code = 0;  // 0: no answer
    std::string body;
    common::http::outcome how;

    [[nodiscard]] bool is_ok() const noexcept { return code == 200 && how.why == common::http::failure::none; }
};

class fetch final : private common::http::receiver {
public:
    explicit fetch(common::http::carrier& by) : carrier_(&by) {}
    fetch(const fetch&) = delete;
    fetch& operator=(const fetch&) = delete;
    ~fetch() { cancel(); }

    // One at a time; `done` may start the next.
    void start(common::http::request what, std::function<void(fetched&)> done) {
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
    void on_head(const common::http::response_head& head) override { answer_.code = head.status; }
    [[nodiscard]] bool on_body(std::string_view bytes) override {
        answer_.body.append(bytes);
        return true;
    }
    void on_end(const common::http::outcome& how) override {
        id_ = 0;
        answer_.how = how;
        fetched answer = std::move(answer_);
        std::exchange(done_, nullptr)(answer);
    }

    common::http::carrier* carrier_;
    common::http::request_id id_ = 0;
    fetched answer_;
    std::function<void(fetched&)> done_;
};

}  // namespace sonde::k8s
