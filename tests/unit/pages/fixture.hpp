// SPDX-License-Identifier: Apache-2.0
// An agent without its process: supervisor on a thread, bus, registry and pages, asked through the real router or, for
// streams, through a real server.
#pragma once

#include <poll.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include "../api/fixture.hpp"
#include "api/target.hpp"
#include "config/load.hpp"
#include "loader/loader.hpp"
#include "pages/pages.hpp"
#include "support/clock.hpp"
#include "test_plugin.hpp"

namespace sonde::pages {

namespace json = boost::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

inline constexpr auto patience = api::patience;

template <class Condition>
[[nodiscard]] bool eventually(Condition holds) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > until) {
            return false;
        }
        ::poll(nullptr, 0, 2);
    }
    return true;
}

// Threads of this process whose name begins so; all of them if it is empty.
[[nodiscard]] inline std::size_t threads_named(std::string_view prefix) {
    std::size_t found = 0;
    std::error_code ec;
    for (std::filesystem::directory_iterator each("/proc/self/task", ec), end; !ec && each != end; each.increment(ec)) {
        std::string name;
        std::ifstream(each->path() / "comm") >> name;
        found += name.starts_with(prefix) ? 1 : 0;
    }
    return found;
}

class Pages : public ::testing::Test {
protected:
    void SetUp() override {
        log_file_ = std::tmpfile();
        observe::log_settings to_file;
        to_file.output = log_file_;
        log_ = std::make_unique<observe::logger>(std::move(to_file));
        bus::lane_settings lanes;
        lanes.seal_bytes = 4096;
        lanes.seal_age = 1'000'000;
        lanes.budget = 1u << 20;
        fabric_ = std::make_unique<bus::bus>(lanes);
        auto module = loader::static_module(test::test_entry, "built-in");
        ASSERT_TRUE(module) << module.error().message();
        ASSERT_TRUE(plugins_.add(*module));
        supervisor_ = std::make_unique<run::supervisor>(
            run::supervisor_parts{fabric_.get(), &plugins_, &metrics_, log_.get(), [] { return 0.5; }});
        sources_.supervisor = supervisor_.get();
        sources_.fabric = fabric_.get();
        sources_.plugins = &plugins_;
        sources_.metrics = &metrics_;
        sources_.log = log_.get();
        sources_.started_at_wall = support::wall_now();
        sources_.started_at_monotonic = support::monotonic_now();
        sources_.api.stats_interval = std::chrono::hours(1);  // tests refresh by hand
        sources_.api.request_timeout = patience;
        sources_.refusals = [] {
            return std::vector<loader::refusal>{
                {"/plugins/bad.so", loader::reason::not_elf, "it is not an ELF file", "", "remove it"}};
        };
        sources_.config = [this] { return show(document_, plugins_, {}); };
        sources_.reload = [this](run::supervisor::reply done) {
            supervisor_->post([this, done = std::move(done)] { done(reload_error_); });
        };
    }
    void TearDown() override {
        server_.reset();
        pages_.reset();
        if (turning_.joinable()) {
            supervisor_->post([this] { supervisor_->stop_all(); });
            EXPECT_TRUE(eventually([&] { return stopped_.load(); }));
            leave_ = true;
            supervisor_->post([] {});
            turning_.join();
        }
        supervisor_.reset();
        fabric_.reset();
        log_.reset();
        std::fclose(log_file_);
    }

    // Makes the pages, applies the configuration and turns the supervisor on a thread of its own.
    void begin(std::string_view toml) {
        make_pages();
        config::diagnostics found;
        auto parsed = config::parse(toml, "sonde.toml", {}, found);
        ASSERT_TRUE(parsed) << (found.empty() ? "" : found.front().message());
        document_ = std::move(*parsed);
        turning_ = std::thread([this] { turn(); });
        supervisor_->post([this] { supervisor_->apply(document_, {}); });
        ASSERT_TRUE(eventually([&] { return supervisor_->status().applied; }));
    }
    void make_pages() {
        pages_ = std::make_unique<pages>(sources_);
        pages_->add_metric_sources();
        pages_->add_routes(routes_);
    }
    void serve() {
        api::server_settings settings;
        settings.socket = directory_.file("sonde.sock");
        auto started = api::server::start(settings, routes_, metrics_, *log_);
        ASSERT_TRUE(started) << started.error().message();
        server_ = std::move(*started);
    }

    api::response ask(std::string_view target, std::string_view method = "GET", std::string_view body = {}) {
        api::request of;
        EXPECT_TRUE(api::parse_target(target, of));
        of.method = method;
        of.body = body;
        api::admission admitted = routes_.admit(of);
        return admitted.permit ? admitted.permit.run(of) : std::move(admitted.refusal);
    }
    json::value ask_json(std::string_view target, int status = 200) {
        const api::response answer = ask(target);
        EXPECT_EQ(answer.status, status) << target << ": " << answer.body;
        EXPECT_EQ(answer.content_type, "application/json");
        return json::parse(answer.body);
    }
    [[nodiscard]] static std::string header(const api::response& of, std::string_view key) {
        for (const auto& [name, value] : of.headers) {
            if (name == key) {
                return value;
            }
        }
        return {};
    }
    [[nodiscard]] run::instance_status status_of(std::string_view name) const {
        for (const auto& each : supervisor_->status().instances) {
            if (each.name == name) {
                return each;
            }
        }
        return {};
    }
    [[nodiscard]] bool reaches(std::string_view name, run::state wanted) const {
        return eventually([&] { return status_of(name).state == wanted; });
    }

    api::temporary_directory directory_;
    observe::registry metrics_;
    std::FILE* log_file_ = nullptr;
    std::unique_ptr<observe::logger> log_;
    std::unique_ptr<bus::bus> fabric_;
    loader::registry plugins_;
    std::unique_ptr<run::supervisor> supervisor_;
    config::document document_;
    page_sources sources_;
    std::string reload_error_;
    api::router routes_;
    std::unique_ptr<pages> pages_;
    std::unique_ptr<api::server> server_;

private:
    void turn() {
        while (!leave_) {
            const std::int64_t due = supervisor_->step();
            stopped_ = supervisor_->finished();
            pollfd inbox{supervisor_->descriptor(), POLLIN, 0};
            const std::int64_t left = std::clamp<std::int64_t>(due - support::monotonic_now(), 0, 1'000'000'000);
            const timespec limit{left / 1'000'000'000, left % 1'000'000'000};
            ::ppoll(&inbox, 1, &limit, nullptr);
        }
    }

    std::thread turning_;
    std::atomic<bool> leave_{false};
    std::atomic<bool> stopped_{false};
};

}  // namespace sonde::pages
