// SPDX-License-Identifier: Apache-2.0
// A carrier that keeps requests until the test answers them.
#pragma once

#include <map>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "common/http/message.hpp"

namespace sonde::vault::testing {

class fake_server final : public common::http::carrier {
public:
    common::http::request_id start(common::http::request what, common::http::receiver& to) override {
        waiting.emplace(++last_, std::pair(std::move(what), &to));
        return last_;
    }
    void cancel(common::http::request_id id) override { waiting.erase(id); }

    // The one request that waits.
    [[nodiscard]] const common::http::request& asked() const { return waiting.begin()->second.first; }
    [[nodiscard]] std::string url() const { return waiting.empty() ? "" : asked().url; }
    [[nodiscard]] std::string header(const std::string& name) const {
        for (const std::string& each : asked().headers) {
            if (each.starts_with(name + ": ")) {
                return each.substr(name.size() + 2);
            }
        }
        return {};
    }

    void answer(int status, std::string_view body) {
        common::http::receiver* const to = take();
        to->on_head({status, {{"Content-Type", "application/json"}}});
        static_cast<void>(to->on_body(body));
        to->on_end({});
    }
    void fail(common::http::failure why) { take()->on_end({why, "made to fail"}); }

    std::map<common::http::request_id, std::pair<common::http::request, common::http::receiver*>> waiting;

private:
    common::http::receiver* take() {
        EXPECT_EQ(waiting.size(), 1U);
        common::http::receiver* const to = waiting.begin()->second.second;
        waiting.erase(waiting.begin());
        return to;
    }
    common::http::request_id last_ = 0;
};

}  // namespace sonde::vault::testing
