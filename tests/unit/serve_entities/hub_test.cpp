// SPDX-License-Identifier: Apache-2.0
#include "serve_entities/hub.hpp"

#include <atomic>
#include <set>

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "entity_client/samples.hpp"

namespace sonde::serve_entities {
namespace {

using namespace common::entities;

TEST(Hub, clients_that_come_while_things_change_all_end_up_with_the_same) {
    testing::fake_host host;
    const meters counted(host.host());
    hub between({}, counted);
    const table::source_id one = between.source("one");
    constexpr int pods = 300;
    std::atomic<bool> is_done = false;

    const auto follow = [&] {
        const auto opened = between.open({}, {});
        std::set<std::string> known;
        for (bool was_done = false; opened;) {
            was_done = is_done;
            const auto step = (*opened)->next();
            if (!step.message) {
                if (was_done) {
                    break;
                }
                std::this_thread::yield();
                continue;
            }
            const auto response = parse_response(bytes(*step.message));
            for (const auto& event : response->events) {
                event.action == action::set ? static_cast<void>(known.insert(event.key))
                                            : static_cast<void>(known.erase(event.key));
            }
        }
        return known.size();
    };
    std::array<std::size_t, 3> ends{};
    {
        std::vector<std::jthread> clients;
        for (std::size_t& end : ends) {
            clients.emplace_back([&] { end = follow(); });
        }
        for (int i = 0; i < pods; ++i) {
            between.take(parsed(pod(std::to_string(i))), one);
            if (i % 3 == 0) {
                between.take(parsed(deleted(pod(std::to_string(i)))), one);
            }
            between.publish();
        }
        is_done = true;
    }
    for (const std::size_t end : ends) {
        EXPECT_EQ(end, 200u);
    }
}

}  // namespace
}  // namespace sonde::serve_entities
