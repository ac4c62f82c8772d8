// SPDX-License-Identifier: Apache-2.0
#include "loader/loaded_module.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include <sonde/text.hpp>

#include "loader/file_check.hpp"

namespace sonde::loader {

namespace {

// Members that plugin ABI 1.0 has; later minors only append.
constexpr std::size_t entry_floor = offsetof(sonde_entry, get_factory) + sizeof(sonde_entry::get_factory);

refusal no_such_component(const std::string& file, role as, std::string_view type) {
    return {file, reason::bad_component, fmt::format("it has no {} of the type '{}'", config::name(as), type),
            "this host uses what a plugin described in its trial",
            "its factories do not always answer the same: ask the plugin's vendor"};
}

class loaded_module final : public module {
public:
    loaded_module(const sonde_entry& entry, module_info info, const log_sink& log)
        : entry_(&entry), info_(std::move(info)), host_(info_.id, log) {}
    loaded_module(const loaded_module&) = delete;
    loaded_module& operator=(const loaded_module&) = delete;

    ~loaded_module() override {
        if (is_initialised_ && entry_->deinit != nullptr) {
            try {
                entry_->deinit();
            } catch (...) {  // the module has been retired: its code is never called again
                host_.note(SONDE_LOG_ERROR, "deinit threw an exception across the ABI");
            }
        }
    }

    [[nodiscard]] const module_info& info() const noexcept override { return info_; }

    [[nodiscard]] std::expected<const sonde_component*, refusal> component(sonde::role role,
                                                                           std::string_view type) const override {
        for (std::size_t i = 0; i < tables_.size(); ++i) {
            if (info_.components[i].role == role && info_.components[i].type == type) {
                return tables_[i];
            }
        }
        return std::unexpected(no_such_component(info_.file, role, type));
    }

    // Calls the plugin's init once.
    [[nodiscard]] std::optional<refusal> initialise(const std::string& file) {
        if (entry_->init == nullptr) {
            is_initialised_ = true;
            return std::nullopt;
        }
        std::string text;
        try {
            sonde_error said = blank_error();
            const sonde_rc rc = entry_->init(host_.abi(), &said);
            if (rc == SONDE_OK) {
                is_initialised_ = true;
                return std::nullopt;
            }
            said.text[sizeof said.text - 1] = said.key[sizeof said.key - 1] = '\0';
            text = fmt::format("its init failed: {}", load(rc, said).message());
        } catch (const std::exception& e) {
            text = fmt::format("its init threw an exception: {}", e.what());
        } catch (...) {
            text = "its init threw an exception";
        }
        return refusal{file, reason::init_failed, std::move(text), "this host runs plugins whose init succeeds",
                       "remove what the text names, or ask the plugin's vendor"};
    }

    [[nodiscard]] std::optional<refusal> read(const std::string& file) {
        auto found = read_components(*entry_, file);
        if (!found) {
            return std::move(found.error());
        }
        for (found_component& each : *found) {
            tables_.push_back(each.table);
            info_.components.push_back(std::move(each.spec));
        }
        return std::nullopt;
    }

private:
    const sonde_entry* entry_;
    module_info info_;
    module_host host_;
    std::vector<const sonde_component*> tables_;  // in the order of info_.components
    bool is_initialised_ = false;
};

}  // namespace

std::optional<refusal> check_entry(const sonde_entry& entry, const std::string& file) {
    constexpr std::uint8_t magic[] = SONDE_ENTRY_MAGIC;
    const std::string remedy = "rebuild it with SONDE_PLUGIN, or compare its entry with <sonde/abi/entry.h>";
    const auto refused = [&](std::string text) {
        return refusal{file, reason::bad_entry, std::move(text),
                       fmt::format("this host reads the entry of plugin ABI {}", SONDE_ABI_MAJOR), remedy};
    };
    if (!std::equal(std::begin(magic), std::end(magic), entry.magic)) {
        return refused("its " SONDE_ENTRY_SYMBOL " does not start with the magic of sonde plugins");
    }
    if (auto wrong = check_abi(entry.abi_major, entry.abi_minor, file)) {
        return wrong;
    }
    if (entry.struct_size < entry_floor) {
        return refused(fmt::format("its entry has {} bytes, and plugin ABI {}.0 has {}", entry.struct_size,
                                   SONDE_ABI_MAJOR, entry_floor));
    }
    for (const char* text : {entry.id, entry.version, entry.vendor, entry.license, entry.sdk_build}) {
        if (text == nullptr) {
            return refused("its entry lacks the id, version, vendor, license or SDK build");
        }
    }
    if (!is_plugin_id(entry.id)) {
        return refused(fmt::format("its id '{:.64}' is not in reverse-domain form", entry.id));
    }
    if (entry.get_factory == nullptr) {
        return refused("its entry has no get_factory");
    }
    return std::nullopt;
}

void describe(const sonde_entry& entry, module_info& into) {
    into.id = entry.id;
    into.version = entry.version;
    into.vendor = entry.vendor;
    into.license = entry.license;
    into.sdk_build = entry.sdk_build;
    into.abi_major = entry.abi_major;
    into.abi_minor = entry.abi_minor;
}

std::optional<refusal> check_note_agrees(const module_info& said, const plugin_note& note, const std::string& file) {
    if (note.id == said.id && said.version.starts_with(note.version) && note.abi_major == said.abi_major &&
        note.abi_minor == said.abi_minor) {
        return std::nullopt;
    }
    return refusal{file, reason::bad_note,
                   fmt::format("its note says {} {} for ABI {}.{}, but its entry says {} {} for ABI {}.{}", note.id,
                               note.version, note.abi_major, note.abi_minor, said.id, said.version, said.abi_major,
                               said.abi_minor),
                   "this host believes a plugin only if both agree", "give both the same texts and rebuild it"};
}

std::expected<module_ptr, refusal> make_module(const sonde_entry& entry, module_info base, const std::string& label,
                                               const log_sink& log) {
    if (auto wrong = check_entry(entry, label)) {
        return std::unexpected(std::move(*wrong));
    }
    describe(entry, base);
    auto made = std::make_shared<loaded_module>(entry, std::move(base), log);
    if (auto failed = made->initialise(label)) {
        return std::unexpected(std::move(*failed));
    }
    if (auto failed = made->read(label)) {
        return std::unexpected(std::move(*failed));
    }
    return made;
}

}  // namespace sonde::loader
