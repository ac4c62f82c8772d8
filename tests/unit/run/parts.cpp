// SPDX-License-Identifier: Apache-2.0
#include "parts.hpp"

#include <array>
#include <cstring>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include <sonde/plugin.hpp>

#include "stage.hpp"

namespace sonde::run::test {

namespace {

using namespace std::chrono_literals;

// What all honest components do alike.
class player {
public:
    explicit player(host on) : host_(on), actor_(stage::actor_of(on.abi())) {
        ++actor_->alive;
        actor_->note("create");
        configures_ = host_.make_counter("test.configures", "{call}", "Calls of configure");
    }
    ~player() {
        actor_->note("destroy");
        --actor_->alive;
    }
    player(const player&) = delete;
    player& operator=(const player&) = delete;

    [[nodiscard]] result<void> configure(const settings& values) {
        if (actor_->broken == fault::fails_configure) {
            return fail(errc::invalid, "the label is not one of ours", "label");
        }
        actor_->note("configure");
        label_ = values.text("label");
        actor_->set_label(label_);
        configures_.add();
        return {};
    }
    [[nodiscard]] result<void> start() {
        actor_->at_start.pass();
        if (actor_->failing_starts > 0) {
            --actor_->failing_starts;
            actor_->note("refuse");
            return fail(errc::denied, "the capability is missing");
        }
        if (actor_->broken == fault::fatal_in_start) {
            host_.report(health::fatal, "no_device", "the device is gone");
        }
        actor_->note("start");
        host_.info("started " + label_);
        return {};
    }
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds deadline) {
        actor_->stop_deadline = deadline.count();
        actor_->at_stop.pass();
        actor_->note("stop");
        return {};
    }

protected:
    static constexpr std::array table{
        option("label", option_type::string).defaults("plain").explained("Any word"),
        option("pace", option_type::integer).defaults("1").range("1", "100").reloadable().explained("Any number"),
    };

    // Publishes one item; false if the instance has to stop first.
    [[nodiscard]] static bool put(const stream& into, std::uint64_t item, run_context* until) {
        std::array<std::uint8_t, sizeof item> bytes{};
        std::memcpy(bytes.data(), &item, sizeof item);
        const auto fill = [&](envelope_writer& out) { out.data("test.Item", 1, bytes); };
        for (;;) {
            const sonde_rc rc = into.publish(fill, 64, 5ms);
            if (rc != SONDE_AGAIN) {
                return rc == SONDE_OK;
            }
            if (until != nullptr && !until->wait(0ns)) {
                return false;
            }
        }
    }

    host host_;
    std::shared_ptr<actor> actor_;
    std::string label_;
    counter configures_;
};

class source final : public player {
public:
    static constexpr component_info info{.role = role::collector,
                                         .type = "source",
                                         .summary = "Publishes what the test asks for",
                                         .publishes = {"raw/"}};
    static constexpr auto options = table;
    static constexpr std::array endpoints{
        endpoint_info{"echo", "GET", "text/plain", "Its parameter"},
        endpoint_info{"wait", "GET", "text/plain", "Passes the door"},
        endpoint_info{"big", "GET", "text/plain", "Writes until it may not"},
        endpoint_info{"bad", "POST", "text/plain", "Refuses"},
    };

    using player::player;

    [[nodiscard]] result<void> run(run_context& until) {
        auto out = open_stream(host_, "raw/");
        if (!out) {
            return std::unexpected(out.error());
        }
        actor_->note("run");
        if (const auto ended = act()) {
            return *ended;
        }
        pollfd orders{actor_->orders_descriptor(), POLLIN, 0};
        while (until.wait({&orders, 1}, actor_->flows ? 500us : -1ns)) {
            actor_->announcements += until.take_subscriber() ? 1 : 0;
            std::uint64_t wanted = actor_->take_orders() + (actor_->flows ? 4 : 0);
            if (actor_->broken == fault::chatters && wanted != 0) {
                chatter(1);
            }
            for (; wanted != 0 && put(*out, actor_->published, &until); --wanted) {
                ++actor_->published;
            }
        }
        actor_->note("ran");
        return {};
    }

    [[nodiscard]] result<void> handle(std::string_view name, const request& from, response& to) {
        ++actor_->calls;
        if (name == "wait") {
            actor_->at_call.pass();
            actor_->note("answer");
            return to.write("passed");
        }
        if (name == "big") {
            for (;;) {
                if (auto written = to.write(std::string(100, 'x')); !written) {
                    return written;
                }
            }
        }
        if (name == "bad") {
            return fail(errc::invalid, "no such thing as '" + std::string(from.body()) + "'");
        }
        return to.write(from.parameter("say", "nothing"));
    }

private:
    [[nodiscard]] std::optional<result<void>> act() {
        switch (actor_->broken.load()) {
        case fault::returns_from_run: return result<void>();
        case fault::fails_run: return fail(errc::failed, "the kernel closed the ring");
        case fault::fatal_in_run: host_.report(health::fatal, "no_device", "the device is gone"); break;
        case fault::recoverable_in_run: host_.report(health::recoverable, "slow_peer", "the peer is slow"); break;
        case fault::chatters: chatter(1000); break;
        default: break;
        }
        actor_->at_run.pass();
        return std::nullopt;
    }
    void chatter(int times) {
        for (int i = 0; i < times; ++i) {
            host_.report(health::recoverable, "mood", "number " + std::to_string(++moods_));
        }
    }

    int moods_ = 0;
};

class consumer_player : public player {
public:
    using player::player;
    consumer_player(const consumer_player&) = delete;
    consumer_player& operator=(const consumer_player&) = delete;
    virtual ~consumer_player() = default;

    virtual void on_item(std::uint64_t) {}

    [[nodiscard]] result<void> consume(const batch_view& batch) {
        actor_->at_consume.pass();
        std::this_thread::sleep_for(std::chrono::nanoseconds(actor_->consume_time));
        actor_->take_batch(label_);
        if (actor_->broken == fault::fails_consume) {
            return fail(errc::failed, "the disk is full");
        }
        const bool whole = batch.for_each([&](std::span<const std::uint8_t> envelope, std::uint64_t) {
            wire::reader in(envelope);
            while (const auto field = in.next()) {
                std::uint64_t item = 0;
                if (field->number == SONDE_ENVELOPE_FIELD_DATA && field->bytes.size() == sizeof item) {
                    std::memcpy(&item, field->bytes.data(), sizeof item);
                    actor_->take(item);
                    on_item(item);
                }
            }
        });
        return whole ? result<void>() : fail(errc::invalid, "the batch is malformed");
    }
    [[nodiscard]] std::chrono::nanoseconds idle(std::chrono::nanoseconds now) {
        actor_->note_idle();
        const std::int64_t period = actor_->idle_period;
        return std::chrono::nanoseconds(period == 0 ? 0 : now.count() + period);
    }
};

class sink final : public consumer_player {
public:
    static constexpr component_info info{.role = role::encoder,
                                         .type = "sink",
                                         .summary = "Records what it is given",
                                         .subscribes = {"raw/"},
                                         .flags = SONDE_COMPONENT_LOSSLESS};
    static constexpr auto options = table;
    using consumer_player::consumer_player;
};

class refiner final : public consumer_player {
public:
    static constexpr component_info info{.role = role::enricher,
                                         .type = "refiner",
                                         .summary = "Forwards what it is given",
                                         .publishes = {"refined/"},
                                         .subscribes = {"raw/"},
                                         .flags = SONDE_COMPONENT_LOSSLESS};
    static constexpr auto options = table;
    using consumer_player::consumer_player;

    [[nodiscard]] result<void> start() {
        auto out = open_stream(host_, "refined/");
        if (!out) {
            return std::unexpected(out.error());
        }
        out_ = *out;
        return player::start();
    }
    void on_item(std::uint64_t item) override {
        if (put(out_, item, nullptr)) {
            ++actor_->published;
        }
    }

private:
    stream out_;
};

// A collector that reads what it could have published itself: its own topic matches what it subscribes to.
class relay final : public consumer_player {
public:
    static constexpr component_info info{.role = role::collector,
                                         .type = "relay",
                                         .summary = "Forwards what it is given, in a loop of its own",
                                         .publishes = {"raw/relay/"},
                                         .subscribes = {"raw/"}};
    static constexpr auto options = table;
    using consumer_player::consumer_player;

    [[nodiscard]] result<void> start() {
        auto out = open_stream(host_, "raw/relay/");
        if (!out) {
            return std::unexpected(out.error());
        }
        out_ = *out;
        return player::start();
    }
    [[nodiscard]] result<void> run(run_context& until) {
        actor_->note("run");
        actor_->at_run.pass();
        pollfd orders{actor_->orders_descriptor(), POLLIN, 0};
        while (until.wait({&orders, 1}, -1ns)) {
            actor_->note_idle();  // one turn of the loop
            for (std::uint64_t own = actor_->take_orders(); own != 0; --own) {
                on_item(1'000'000 + own);
            }
            until.deliver(2);
        }
        actor_->note("ran");
        return {};
    }
    void on_item(std::uint64_t item) override {
        if (put(out_, item, nullptr)) {
            ++actor_->published;
        }
    }

private:
    stream out_;
};

class latecomer final : public player {
public:
    static constexpr component_info info{
        .role = role::collector, .type = "latecomer", .summary = "Comes later", .publishes = {"late/"}};
    static constexpr auto options = table;
    using player::player;
    [[nodiscard]] result<void> run(run_context& until) {
        actor_->note("run");
        while (until.wait(-1ns)) {
        }
        return {};
    }
};

// The rule breakers: tables made by hand, since the SDK lets nothing escape.
using held = std::shared_ptr<actor>;

// Everything of an instance, its endpoint table and texts too, is gone with it.
struct made_by_hand {
    held who;
    std::string name = "only_while_it_lives";
    sonde_endpoint endpoint{name.c_str(), "GET", "text/plain", name.c_str()};
    sonde_plugin_endpoints endpoints{sizeof endpoints, 1, &endpoint, sizeof endpoint, 0, nullptr};
};

void act_on(const held& who, fault here) {
    if (who->broken == here) {
        throw std::runtime_error("nobody caught this");
    }
}

sonde_rc create(const sonde_host* on, void** self, sonde_error* error) {
    auto who = stage::actor_of(on);
    act_on(who, fault::throws_in_create);
    if (who->broken == fault::fails_create) {
        copy_text(error->text, "no memory for that");
        return SONDE_EXHAUSTED;
    }
    ++who->alive;
    *self = new made_by_hand{std::move(who)};
    return SONDE_OK;
}
const held& of(void* self) { return static_cast<made_by_hand*>(self)->who; }
sonde_rc configure(void* self, const sonde_config*, sonde_error*) {
    act_on(of(self), fault::throws_in_configure);
    return SONDE_OK;
}
sonde_rc start(void* self, sonde_error* error) {
    act_on(of(self), fault::throws_in_start);
    if (of(self)->broken == fault::unterminated_text) {
        std::memset(error->text, 'x', sizeof error->text);
        std::memset(error->key, 'k', sizeof error->key);
        return SONDE_FAILED;
    }
    of(self)->note("start");
    return SONDE_OK;
}
sonde_rc run(void* self, const sonde_run* until, sonde_error*) {
    of(self)->note("run");
    act_on(of(self), fault::throws_in_run);
    if (of(self)->broken == fault::throws_a_number_in_run) {
        throw 42;
    }
    of(self)->at_run.pass();
    run_context context(*until);
    while (context.wait(-1ns)) {
    }
    return SONDE_OK;
}
sonde_rc consume(void* self, const sonde_batch* batch, sonde_error*) {
    act_on(of(self), fault::throws_in_consume);
    of(self)->items += batch->item_count;
    return SONDE_OK;
}
sonde_rc stop(void* self, std::int64_t, sonde_error*) {
    of(self)->note("stop");
    act_on(of(self), fault::throws_in_stop);
    return SONDE_OK;
}
void destroy(void* self) {
    const held who = of(self);
    delete static_cast<made_by_hand*>(self);
    --who->alive;
    who->note("destroy");
    act_on(who, fault::throws_in_destroy);
}
const void* get_extension(void* self, const char* id) {
    act_on(of(self), fault::throws_in_get_extension);
    return std::string_view(id) == SONDE_PLUGIN_ENDPOINTS ? &static_cast<made_by_hand*>(self)->endpoints : nullptr;
}

constexpr sonde_ops collector_ops{sizeof(sonde_ops), 0,       &configure, &start,   &run,
                                  nullptr,           nullptr, &stop,      &destroy, &get_extension};
constexpr sonde_ops encoder_ops{sizeof(sonde_ops), 0,       &configure, &start,   nullptr,
                                &consume,          nullptr, &stop,      &destroy, &get_extension};
constexpr std::array<const char*, 2> raw_topic{"raw/", nullptr};

constexpr sonde_component describe(const char* type, const sonde_ops& ops, const char* const* subscribes) {
    sonde_component made{};
    made.struct_size = sizeof made;
    made.flags = SONDE_COMPONENT_LOSSLESS;
    made.type = type;
    made.summary = "Breaks the rules";
    made.stability = "stable";
    made.subscribes = subscribes;
    made.ops = &ops;
    made.create = &create;
    return made;
}
constexpr sonde_component breaker = describe("breaker", collector_ops, nullptr);
constexpr sonde_component breaker_sink = describe("breaker_sink", encoder_ops, raw_topic.data());

constexpr sonde_factory collector_factory{sizeof(sonde_factory), 1, [](std::uint32_t) { return &breaker; }};
constexpr sonde_factory encoder_factory{sizeof(sonde_factory), 1, [](std::uint32_t) { return &breaker_sink; }};

const void* breaker_factories(const char* id) {
    const std::string_view wanted = id;
    return wanted == SONDE_FACTORY_COLLECTOR ? &collector_factory
           : wanted == SONDE_FACTORY_ENCODER ? &encoder_factory
                                             : nullptr;
}

constexpr sonde_entry entry(const char* id, const char* version, decltype(sonde_entry::get_factory) factories) {
    return {SONDE_ENTRY_MAGIC, sizeof(sonde_entry), SONDE_ABI_MAJOR, SONDE_ABI_MINOR, 0,        0, id, version, "test",
            "Apache-2.0",      SONDE_SDK_BUILD,     nullptr,         nullptr,         factories};
}

constexpr sonde_entry honest_entry =
    entry("test.honest", "1.0.0", &detail::plugin_factories<source, relay, refiner, sink>::get_factory);
constexpr sonde_entry upgrade_entry =
    entry("test.honest", "2.0.0", &detail::plugin_factories<source, relay, refiner, sink>::get_factory);
constexpr sonde_entry breaker_entry = entry("test.breakers", "1.0.0", &breaker_factories);
constexpr sonde_entry late_entry = entry("test.late", "1.0.0", &detail::plugin_factories<latecomer>::get_factory);

loader::module_ptr load(const sonde_entry& from) {
    auto made = loader::static_module(from, from.id);
    EXPECT_TRUE(made) << made.error().message();
    return *made;
}

}  // namespace

loader::module_ptr honest() { return load(honest_entry); }
loader::module_ptr honest_upgrade() { return load(upgrade_entry); }
loader::module_ptr breakers() { return load(breaker_entry); }
loader::module_ptr late() { return load(late_entry); }

}  // namespace sonde::run::test
