// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "parts.hpp"
#include "support/clock.hpp"

namespace sonde::run::test {

namespace {

constexpr std::int64_t patience = 10'000'000'000;
// Conditions may also come true without a notice to the supervisor.
constexpr std::int64_t look_again = 2'000'000;

bus::lane_settings small_lanes() {
    bus::lane_settings settings;
    settings.seal_bytes = 4096;
    settings.seal_items = 16;
    settings.seal_age = 1'000'000;
    settings.budget = 256u << 10;
    settings.record_limit = 64u << 10;
    return settings;
}

observe::log_settings log_to(std::FILE* output) {
    observe::log_settings settings;
    settings.output = output;
    settings.threshold = level::debug;
    settings.each_site.burst = 100'000;
    return settings;
}

std::uint64_t sum_over(const bus::bus_snapshot& all, std::string_view instance, auto value) {
    std::uint64_t sum = 0;
    for (const auto& lane : all.lanes) {
        for (const auto& stream : lane.streams) {
            sum += lane.instance == instance ? std::uint64_t{value(stream)} : 0;
        }
    }
    return sum;
}

// Threads besides the main one whose name begins with one of `prefixes`.
int threads_named(std::initializer_list<std::string_view> prefixes) {
    int count = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream in(task.path() / "comm");
        std::string name;
        std::getline(in, name);
        const bool is_main = task.path().filename() == std::to_string(::getpid());
        count += !is_main && std::ranges::any_of(prefixes, [&](auto each) { return name.starts_with(each); }) ? 1 : 0;
    }
    return count;
}

}  // namespace

void PrintTo(const account& of, std::ostream* to) {
    *to << "delivered " << of.delivered << ", failed " << of.failed << ", lost " << of.lost << ", shutdown "
        << of.shutdown << ", in flight " << of.in_flight;
}

int instance_threads() {
    // Before it names itself, a thread has the name of the program; a sanitizer's own thread keeps it.
    static const int others = threads_named({"unit_run"});
    return threads_named({"ctl:", "data:", "unit_run"}) - others;
}

int open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<int>(std::distance(begin(all), end(all)));
}

World::World()
    : logger_(std::make_unique<observe::logger>(log_to(output_))), honest_(honest()),
      fabric_(std::make_unique<bus::bus>(small_lanes())),
      supervisor_(std::make_unique<supervisor>(
          supervisor_parts{fabric_.get(), &plugins_, &metrics_, logger_.get(), [] { return 0.5; }})) {
    static_cast<void>(instance_threads());  // counts what is there before any instance
    stage::enter(stage_);
    EXPECT_TRUE(plugins_.add(honest_));
    EXPECT_TRUE(plugins_.add(breakers()));
}

// Whatever the test left hanging ends here, before anything that it uses.
World::~World() {
    stage_->open_all_doors();
    supervisor_->stop_all();
    EXPECT_TRUE(until([this] { return supervisor_->finished() && instance_threads() == 0; }));
    supervisor_.reset();
    fabric_.reset();
    logger_.reset();
    stage::enter(nullptr);
    std::fclose(output_);
}

config::document World::read(std::string_view toml, std::string_view head) {
    config::diagnostics found;
    auto made = config::parse(std::string(head) + std::string(toml), "sonde.toml", {}, found);
    for (const auto& each : found) {
        ADD_FAILURE() << each.message();
    }
    return made ? std::move(*made) : config::document{};
}

bool World::until(const std::function<bool()>& reached) {
    const std::int64_t give_up = support::monotonic_now() + patience;
    for (;;) {
        const std::int64_t due = it().step();
        ++steps_;
        if (reached()) {
            return true;
        }
        const std::int64_t now = support::monotonic_now();
        if (now >= give_up) {
            return false;
        }
        const timespec limit{0, std::clamp<std::int64_t>(due - now, 0, look_again)};
        pollfd fd{it().descriptor(), POLLIN, 0};
        ::ppoll(&fd, 1, &limit, nullptr);
    }
}

void World::start(std::string_view toml, std::string_view head) {
    apply(toml, head);
    ASSERT_TRUE(until([this] {
        const auto all = it().status().instances;
        return std::ranges::all_of(all, [](const auto& each) { return each.state == state::running || !each.enabled; });
    })) << log();
}

std::string World::reload(std::string_view toml, std::string_view head) {
    std::optional<std::string> answer;
    it().reload(read(toml, head), {}, [&](const std::string& error) { answer = error; });
    EXPECT_TRUE(until([&] { return answer.has_value(); })) << log();
    return answer.value_or("unanswered");
}

std::string World::restart(std::string_view name) {
    std::optional<std::string> answer;
    it().restart(name, [&](const std::string& error) { answer = error; });
    EXPECT_TRUE(until([&] { return answer.has_value(); })) << log();
    return answer.value_or("unanswered");
}

void World::stop() {
    it().stop_all();
    ASSERT_TRUE(until([this] { return it().finished(); })) << log();
}

instance_status World::status(std::string_view name) {
    const auto all = it().status().instances;
    const auto found = std::ranges::find(all, name, &instance_status::name);
    return found == all.end() ? instance_status{} : *found;
}

std::uint64_t World::committed(std::string_view instance) {
    return sum_over(fabric_->snapshot(), instance, [](const auto& of) { return of.committed; });
}

std::uint64_t World::sealed_of(std::string_view instance) {
    return sum_over(fabric_->snapshot(), instance, [](const auto& of) { return of.sealed; });
}

std::uint64_t World::subscribers_of(std::string_view instance) {
    return sum_over(fabric_->snapshot(), instance, [](const auto& of) { return of.subscribers; });
}

account World::accounted(std::string_view consumer) {
    account sum;
    for (const auto& subscription : fabric_->snapshot().subscriptions) {
        for (const auto& at : subscription.positions) {
            if (subscription.name == consumer) {
                sum.delivered += at.delivered;
                sum.failed += at.failed;
                sum.lost += at.lost;
                sum.shutdown += at.shutdown;
                sum.in_flight += at.in_flight;
            }
        }
    }
    return sum;
}

std::string World::log() {
    std::fflush(output_);
    std::string text(static_cast<std::size_t>(std::max(0L, std::ftell(output_))), '\0');
    text.resize(
        static_cast<std::size_t>(std::max<ssize_t>(0, ::pread(::fileno(output_), text.data(), text.size(), 0))));
    return text;
}

}  // namespace sonde::run::test
