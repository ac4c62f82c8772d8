// SPDX-License-Identifier: Apache-2.0
// The collector against a server that speaks the container runtime interface: with events and without, restarted,
// broken.
#include <map>
#include <mutex>

#include "common_grpc/test_server.hpp"
#include "live.hpp"
#include "wire_text.hpp"

namespace sonde::container {
namespace {

using namespace testing;
using answer = sonde::testing::grpc_test_server::answer;
constexpr int unimplemented = 12;
constexpr int not_found = 5;
const std::string service = "/runtime.v1.RuntimeService/";

// A runtime with one pod and its containers.
class fake_runtime {
public:
    bool tells_events = true;
    std::string garbage_for;  // this method's answers are no messages

    void set(const std::string& id, std::uint64_t state, std::uint64_t exit_code = 0) {
        const std::lock_guard lock(mutex_);
        containers_[id] = {state, exit_code};
    }
    void remove(const std::string& id) {
        const std::lock_guard lock(mutex_);
        containers_.erase(id);
    }
    answer answer_to(const std::string& method, const std::string& request) {
        const std::lock_guard lock(mutex_);
        if (method == garbage_for) {
            return {{"\xff\xff\xff"}, 0, {}, false};
        }
        if (method == service + "Version") {
            return {{message({text(2, "testrt"), text(3, "1.0")})}, 0, {}, false};
        }
        if (method == service + "GetContainerEvents") {
            return tells_events ? answer{{}, 0, {}, true} : answer{{}, unimplemented, "unknown method", false};
        }
        if (method == service + "ListPodSandbox") {
            return {{nested(1, {text(1, id_b), pod()})}, 0, {}, false};
        }
        if (method == service + "PodSandboxStatus") {
            return {{nested(1, {text(1, id_b), pod(), nested(5, {text(1, "10.1.2.3")})})}, 0, {}, false};
        }
        if (method == service + "ListContainers") {
            std::string all;
            for (const auto& [id, of] : containers_) {
                all += nested(1, {text(1, id), text(2, id_b), nested(3, {text(1, "web")}), uint(6, of.state)});
            }
            return {{all}, 0, {}, false};
        }
        if (method == service + "ContainerStatus") {
            for (const auto& [id, of] : containers_) {
                if (request.find(id) != std::string::npos) {
                    return {{nested(1, {text(1, id), nested(3, {text(1, "wrong")}), nested(2, {text(1, "web")}),
                                        uint(3, of.state), uint(7, of.exit_code), nested(8, {text(1, "a/web:7")}),
                                        entry(12, "tier", "front")})},
                            0,
                            {},
                            false};
                }
            }
            return {{}, not_found, "no such container", false};
        }
        return {{}, unimplemented, "unknown method", false};
    }

private:
    struct container {
        std::uint64_t state = 0;
        std::uint64_t exit_code = 0;
    };
    static std::string pod() { return nested(2, {text(1, "web-0"), text(2, pod_uid), text(3, "shop")}); }

    std::mutex mutex_;
    std::map<std::string, container> containers_;
};

class CriServer : public LiveCollector {
protected:
    CriServer() { files.make("run/containerd"); }
    void serve() {
        server.reset();
        server.emplace(files.path() + "/run/containerd/containerd.sock",
                       [this](const auto& method, const auto& request, const auto&) {
                           return runtime.answer_to(method, request);
                       });
    }
    void launch_cri() {
        launch({{"cgroups", "false"},
                {"containerd", "false"},
                {"docker", "false"},
                {"cri_poll_interval", "100ms"},
                {"labels", "tier"}});
    }
    void tell(const std::string& id, std::uint64_t what) {
        EXPECT_GE(server->push(service + "GetContainerEvents", message({text(1, id), uint(2, what)})), 1u);
    }

    fake_runtime runtime;
    std::optional<sonde::testing::grpc_test_server> server;
};

TEST_F(CriServer, existing_containers_are_told_with_pod_and_image_before_the_mark) {
    runtime.set(id_a, 1);
    serve();
    launch_cri();
    const auto records = host.lane.envelopes(event_topic);
    ASSERT_EQ(records.size(), 3u);
    const told sandbox = payload_of(records[0]);
    EXPECT_EQ(sandbox.container().id(), id_b);
    EXPECT_EQ(sandbox.container().type(), v1::ContainerContext::TYPE_SANDBOX);
    EXPECT_EQ(sandbox.ip_addresses(0), std::string("\x0a\x01\x02\x03"));
    const told web = payload_of(records[1]);
    EXPECT_EQ(web.action(), told::ACTION_STARTED);
    EXPECT_EQ(web.container().id(), id_a);
    EXPECT_EQ(web.container().name(), "web");
    EXPECT_EQ(web.container().image_name(), "a/web");
    EXPECT_EQ(web.container().image_tag(), "7");
    EXPECT_EQ(web.container().pod_uid(), pod_uid);
    EXPECT_EQ(web.container().runtime(), "testrt");
    EXPECT_EQ(web.container().labels().at("tier"), "front");
    EXPECT_EQ(web.pod_name(), "web-0");
    EXPECT_EQ(web.pod_namespace(), "shop");
    EXPECT_EQ(web.sandbox_id(), id_b);
    EXPECT_EQ(web.source(), told::SOURCE_CRI);
    EXPECT_EQ(web.ip_addresses_size(), 1);
    EXPECT_TRUE(records[1].snapshot);
    EXPECT_EQ(records[1].container_id, id_a);
    EXPECT_EQ(records[1].pod_uid, pod_uid);
    EXPECT_EQ(records[1].pod_name, "web-0");
    EXPECT_EQ(records[1].pod_namespace, "shop");
    EXPECT_EQ(payload_of(records[2]).container_count(), 2u);
}

TEST_F(CriServer, its_events_are_followed) {
    runtime.set(id_a, 0);
    serve();
    launch_cri();
    ASSERT_TRUE(wait_source("containerd.sock", "tells events"));
    runtime.set(id_a, 1);
    tell(id_a, 1);
    ASSERT_TRUE(wait_for(id_a, told::ACTION_STARTED));
    runtime.set(id_a, 2, 9);
    tell(id_a, 2);
    const auto exited = wait_for(id_a, told::ACTION_EXITED);
    ASSERT_TRUE(exited);
    EXPECT_EQ(exited->container().exit_code(), 9);
    runtime.remove(id_a);
    tell(id_a, 3);
    ASSERT_TRUE(wait_for(id_a, told::ACTION_DELETED));
    const std::string other(64, 'c');
    runtime.set(other, 1);
    tell(other, 1);
    EXPECT_TRUE(wait_for(other, told::ACTION_STARTED));
}

TEST_F(CriServer, without_events_it_is_asked_again) {
    runtime.tells_events = false;
    serve();
    launch_cri();
    ASSERT_TRUE(wait_source("containerd.sock", "is polled"));
    runtime.set(id_a, 1);
    ASSERT_TRUE(wait_for(id_a, told::ACTION_STARTED));
    runtime.set(id_a, 2, 3);
    const auto exited = wait_for(id_a, told::ACTION_EXITED);
    ASSERT_TRUE(exited);
    EXPECT_EQ(exited->container().exit_code(), 3);
    runtime.remove(id_a);
    ASSERT_TRUE(wait_for(id_a, told::ACTION_DELETED));
}

TEST_F(CriServer, a_restart_of_the_runtime_loses_nothing_and_tells_nothing_twice) {
    const std::string other(64, 'c');
    runtime.set(id_a, 1);
    runtime.set(other, 1);
    serve();
    launch_cri();
    ASSERT_TRUE(wait_for(other, told::ACTION_STARTED));
    server.reset();
    ASSERT_TRUE(host.reports.wait_for(
        [](const auto& report) { return report.reason == "runtime_failing" || report.reason == "no_runtime_found"; },
        patience));
    EXPECT_EQ(count(id_a, told::ACTION_EXITED), 0u);
    runtime.remove(other);
    serve();
    ASSERT_TRUE(wait_for(other, told::ACTION_DELETED));
    EXPECT_EQ(count(id_a, told::ACTION_STARTED), 1u);
    EXPECT_EQ(count(id_a, told::ACTION_DELETED), 0u);
    EXPECT_GE(host.metrics.value("container.source.failures", {{"source", "cri"}}), 1);
}

TEST_F(CriServer, a_late_subscriber_gets_everything_again) {
    runtime.set(id_a, 1);
    serve();
    launch_cri();
    host.lane.release();
    driver.control.announce_subscriber();
    ASSERT_TRUE(wait_for([](const told& event) { return event.action() == told::ACTION_SYNCED; }));
    const auto records = host.lane.envelopes(event_topic);
    ASSERT_EQ(records.size(), 3u);
    EXPECT_TRUE(records[0].snapshot);
}

TEST_F(CriServer, answers_that_are_no_messages_are_counted_and_named) {
    runtime.garbage_for = service + "Version";
    serve();
    launch_cri();
    ASSERT_TRUE(host.reports.wait_for([](const auto& report) { return report.reason == "runtime_failing"; }, patience));
    EXPECT_NE(host.reports.all().back().text.find("containerd.sock"), std::string::npos);
    EXPECT_GE(host.metrics.value("container.source.malformed", {{"source", "cri"}}), 1);
}

TEST_F(CriServer, a_list_that_is_damaged_forgets_nobody) {
    runtime.tells_events = false;
    runtime.set(id_a, 1);
    serve();
    launch_cri();
    const auto requests = [&] { return host.metrics.value("container.source.requests", {{"source", "cri"}}); };
    runtime.garbage_for = service + "ListContainers";
    const auto before = requests();
    const auto until = std::chrono::steady_clock::now() + patience;
    while (requests() < before + 4 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_GE(requests(), before + 4);
    EXPECT_EQ(count(id_a, told::ACTION_DELETED), 0u);
}

TEST_F(CriServer, a_machine_without_any_is_well) {
    launch_cri();
    ASSERT_TRUE(
        host.reports.wait_for([](const auto& report) { return report.reason == "no_runtime_found"; }, patience));
    EXPECT_EQ(host.reports.all().back().health, health::ok);
}

}  // namespace
}  // namespace sonde::container
