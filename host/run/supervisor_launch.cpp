// SPDX-License-Identifier: Apache-2.0
// From a slot to a running incarnation: its type, its options, its lane and its subscription.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/component_spec.hpp"
#include "config/validate.hpp"
#include "run/supervisor.hpp"
#include "support/clock.hpp"
#include "support/nearest.hpp"

namespace sonde::run {

namespace {

// Sinks before sources, so that nothing is produced for nobody.
constexpr std::array start_order{sonde::role::encoder, sonde::role::enricher, sonde::role::collector};

// A collector may leave its subscription out by an option.
bool reads_bus(const config::component_spec& of, const config::value_set& values) {
    return !of.subscribes.empty() && std::ranges::none_of(of.options, [&](const config::option_spec& each) {
        const auto* const value = each.is(SONDE_OPTION_INPUT) ? config::find(values, each.key) : nullptr;
        return value != nullptr && value->integer == 0;
    });
}

std::string unknown_type(const config::instance_config& wanted, const loader::registry::snapshot& offered) {
    std::vector<std::string> names;
    for (const auto& each : *offered) {
        if (each.spec.role == wanted.role) {
            names.push_back(each.spec.type);
        }
    }
    const auto near = support::nearest(wanted.type, names);
    return fmt::format("no loaded plugin offers the {} type '{}'{}; see 'sonde plugin list'", config::name(wanted.role),
                       wanted.type, near ? fmt::format("; did you mean '{}'?", *near) : std::string());
}

}  // namespace

// Looks the type up and validates the options against its table.
void supervisor::resolve(slot& of) {
    of.values.reset();
    of.module.reset();
    const auto offered = parts_.plugins->all();
    const auto* component = parts_.plugins->find(offered, of.config.role, of.config.type);
    if (component == nullptr) {
        note_error(of, unknown_type(of.config, offered));
        return;
    }
    config::diagnostics found;
    of.values = config::validate(of.config, component->spec.options, env_, found);
    for (const auto& each : found) {
        if (!of.values) {
            note_error(of, each.message());
        }
    }
    of.module = component->owner;
    of.module_file = component->owner->info().file.string();
    of.module_version = component->owner->info().version;
}

result<void> supervisor::connect(incarnation& made, slot& of, const config::instance_config& config,
                                 const config::value_set& values, const loader::registered& component) {
    if (config.role != sonde::role::encoder) {
        const bus::lane_identity identity{config.type,
                                          config.name,
                                          document_.host.node_name,
                                          document_.host.node_name_origin,
                                          made.number,
                                          component.owner->info().version};
        // By name, since the instance does not exist yet; announcements are rare.
        auto lane = parts_.fabric->open_lane(identity, [box = inbox_, this, name = config.name] {
            box->post([this, name] {
                if (slot* found = slot_named(name); found != nullptr && found->current) {
                    found->current.self->announce_subscriber();
                }
            });
        });
        if (!lane) {
            return std::unexpected(std::move(lane.error()));
        }
        made.lane = std::move(*lane);
    }
    // A collector hears the whole state again when it starts over, so that its input is never kept.
    const bool is_collector = config.role == sonde::role::collector;
    if (!is_collector || reads_bus(component.spec, values)) {
        const bool lossless = config.delivery ? *config.delivery == config::delivery::lossless
                                              : (component.spec.flags & SONDE_COMPONENT_LOSSLESS) != 0;
        const auto& topics = config.topics.empty() ? component.spec.subscribes : config.topics;
        if (!is_collector && of.input && of.input->settings().lossless == lossless &&
            of.input->settings().topics == topics) {
            made.input = of.input;
            if (config.role == sonde::role::enricher) {
                parts_.fabric->announce(*made.input);  // nothing was lost, but what it knew is gone
            }
            return {};
        }
        auto input = parts_.fabric->subscribe({config.name, topics, lossless, true, config.name});
        if (!input) {
            return std::unexpected(std::move(input.error()));
        }
        made.input = std::move(*input);
    }
    return {};
}

result<incarnation> supervisor::make_incarnation(slot& of, const config::instance_config& config,
                                                 const config::value_set& values) {
    const auto offered = parts_.plugins->all();
    const auto* component = parts_.plugins->find(offered, config.role, config.type);
    if (component == nullptr) {
        return fail(errc::unsupported, unknown_type(config, offered));
    }
    incarnation made;
    made.number = ++of.incarnations;
    if (auto connected = connect(made, of, config, values, *component); !connected) {
        release(of, made);
        return std::unexpected(std::move(connected.error()));
    }
    instance_settings settings;
    settings.name = config.name;
    settings.component = *component;
    settings.values = values;
    settings.lane = made.lane;
    settings.input = made.input;
    if (made.input) {
        settings.ask_state = [box = inbox_, this, input = made.input] {
            box->post([this, input] { parts_.fabric->announce(*input); });
        };
    }
    settings.metrics = parts_.metrics;
    settings.log = parts_.log;
    settings.drain_timeout = document_.host.drain_timeout;
    settings.notify = [box = inbox_, this](const notice& heard) { box->post([this, heard] { on_notice(heard); }); };
    made.self = instance::make(std::move(settings));
    made.deadline = support::monotonic_now() + document_.host.start_timeout.count();
    made.self->launch();
    return made;
}

void supervisor::launch(slot& of) {
    of.launch_at = 0;
    const auto offered = parts_.plugins->all();
    const auto* component = parts_.plugins->find(offered, of.config.role, of.config.type);
    if (component == nullptr || component->owner != of.module.lock()) {
        resolve(of);  // the plugin was upgraded or removed since
        if (!of.values) {
            drop_input(of);
            rest(of);
            answer(of.config.name, of.last_error);
            return;
        }
    }
    move(of, event::launch);
    auto made = make_incarnation(of, of.config, *of.values);
    if (!made) {
        on_start_failed(of, made.error().message());
        return;
    }
    of.current = std::move(*made);
    of.number = of.current.number;
    if (of.input != of.current.input) {
        drop_input(of);  // topics or delivery have changed
    }
    of.input = of.current.input;
}

void supervisor::launch_due(std::int64_t now) {
    bool starting = false;
    for (const auto role : start_order) {
        for (const auto& each : slots_) {
            if (each->config.role != role) {
                continue;
            }
            if (each->launch_at != 0 && each->launch_at <= now && !each->current) {
                launch(*each);
            }
            starting = starting || each->state == state::starting;
        }
        if (starting_up_ && starting) {
            return;
        }
    }
    starting_up_ = false;
}

}  // namespace sonde::run
