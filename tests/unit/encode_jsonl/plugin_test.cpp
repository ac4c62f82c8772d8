// SPDX-License-Identifier: Apache-2.0
// The built module: it loads without a run path, since its SONAME libsonde_schema.so.0 is already in the process, and
// uses that one copy.
#include <filesystem>

#include <dlfcn.h>

#include <gtest/gtest.h>

#include <sonde/abi/entry.h>
#include <sonde/schema/json.hpp>
#include <sonde/testing/driver.hpp>

#include "scratch.hpp"

namespace sonde::encode_jsonl::testing {
namespace {

class loaded_module final {
public:
    explicit loaded_module(const std::string& path) : handle_(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {}
    ~loaded_module() {
        if (handle_ != nullptr) {
            ::dlclose(handle_);
        }
    }
    loaded_module(const loaded_module&) = delete;
    loaded_module& operator=(const loaded_module&) = delete;

    [[nodiscard]] const sonde_entry* entry() const {
        return handle_ == nullptr ? nullptr : static_cast<const sonde_entry*>(::dlsym(handle_, "sonde_plugin_entry"));
    }

private:
    void* handle_;
};

TEST(Plugin, a_copy_elsewhere_loads_and_writes_lines) {
    const schema::json_printer in_the_host;  // keeps libsonde_schema linked to this program, as to the host
    const scratch_directory dir;
    const std::string copy = dir / "0123abcd.so";  // as the host stages it
    std::filesystem::copy_file(ENCODE_JSONL_MODULE, copy);
    const loaded_module module(copy);
    const sonde_entry* entry = module.entry();
    ASSERT_NE(entry, nullptr) << ::dlerror();
    EXPECT_STREQ(entry->id, "io.sonde.encode_jsonl");

    const auto* factory = static_cast<const sonde_factory*>(entry->get_factory(SONDE_FACTORY_ENCODER));
    ASSERT_NE(factory, nullptr);
    ASSERT_EQ(factory->component_count, 1u);
    EXPECT_EQ(entry->get_factory(SONDE_FACTORY_COLLECTOR), nullptr);
    sonde::testing::fake_host host;
    {
        sonde::testing::consumer_driver driver(host, *factory->component(0));
        ASSERT_TRUE(driver.launch({{"path", dir / "x"}}));
        sonde::testing::batch_builder builder("raw/test/");
        builder.add([](envelope_writer& to) { to.data("text/plain", 1, std::span<const std::uint8_t>{}); });
        ASSERT_TRUE(driver.feed(builder.build()));
        ASSERT_TRUE(driver.stop());
    }
    EXPECT_EQ(lines_of(dir / "x").size(), 1u);
}

}  // namespace
}  // namespace sonde::encode_jsonl::testing
