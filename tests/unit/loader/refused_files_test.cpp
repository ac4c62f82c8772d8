// SPDX-License-Identifier: Apache-2.0
// One file for each reason to refuse it: the reason, and a text that names the file, the host's side and the remedy.
#include <gmock/gmock.h>

#include <elf.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sonde/abi/entry.h>

#include "plugin_files.hpp"

namespace sonde::loader {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::put;
using testing::read;
using testing::sample;

class Loader : public testing::plugin_files {
protected:
    refusal refused(const std::filesystem::path& file) {
        loader under_test(settings_);
        const auto taken = under_test.load(file);
        if (taken) {
            ADD_FAILURE() << file << " was loaded";
            return {};
        }
        EXPECT_EQ(taken.error().file, file);
        EXPECT_THAT(taken.error().message(),
                    AllOf(HasSubstr(file.native()), HasSubstr(name(taken.error().why)), HasSubstr(taken.error().offer),
                          HasSubstr(taken.error().remedy), HasSubstr("sonde plugin inspect")));
        EXPECT_FALSE(taken.error().remedy.empty());
        return taken.error();
    }
    // A copy of hello with one place of its ELF header changed.
    template <class Change>
    refusal refused_with_header(Change&& change) {
        std::string bytes = read(sample("hello"));
        Elf64_Ehdr header;
        std::memcpy(&header, bytes.data(), sizeof header);
        change(header);
        std::memcpy(bytes.data(), &header, sizeof header);
        put(plugins_ / "x.so", bytes);
        return refused(plugins_ / "x.so");
    }
};

TEST_F(Loader, refuses_garbage) {
    put(plugins_ / "x.so", "this is not a plugin, whatever its name says");
    EXPECT_EQ(refused(plugins_ / "x.so").why, reason::not_elf);
}

TEST_F(Loader, refuses_an_empty_file) {
    put(plugins_ / "x.so", "");
    EXPECT_EQ(refused(plugins_ / "x.so").why, reason::not_elf);
}

TEST_F(Loader, refuses_a_plugin_that_is_cut_short_anywhere) {
    const std::string whole = read(sample("hello_c"));
    settings_.probe = false;  // nothing cut may get as far as a probe
    const std::size_t step = whole.size() / 97;
    for (std::size_t size = 0; size < whole.size(); size += step) {
        put(plugins_ / "x.so", whole.substr(0, size));
        const refusal why = refused(plugins_ / "x.so");
        EXPECT_EQ(why.why, size < 4 ? reason::not_elf : reason::malformed) << size << ": " << why.message();
    }
    put(plugins_ / "x.so", whole.substr(0, whole.size() - 1));
    EXPECT_EQ(refused(plugins_ / "x.so").why, reason::malformed);
}

TEST_F(Loader, refuses_another_machine_and_names_both) {
    const refusal why = refused_with_header([](Elf64_Ehdr& header) { header.e_machine = EM_S390; });
    EXPECT_EQ(why.why, reason::wrong_machine);
    EXPECT_THAT(why.text, HasSubstr("s390"));
}

TEST_F(Loader, refuses_a_32_bit_file) {
    const refusal why = refused_with_header([](Elf64_Ehdr& header) { header.e_ident[EI_CLASS] = ELFCLASS32; });
    EXPECT_EQ(why.why, reason::wrong_machine);
    EXPECT_THAT(why.text, HasSubstr("32-bit"));
}

TEST_F(Loader, refuses_the_other_byte_order) {
    EXPECT_EQ(refused_with_header([](Elf64_Ehdr& header) { header.e_ident[EI_DATA] = ELFDATA2MSB; }).why,
              reason::wrong_machine);
}

TEST_F(Loader, refuses_an_object_file) {
    EXPECT_EQ(refused_with_header([](Elf64_Ehdr& header) { header.e_type = ET_REL; }).why, reason::malformed);
}

TEST_F(Loader, refuses_a_world_writable_file_and_says_chmod) {
    const auto file = install("hello");
    std::filesystem::permissions(file, std::filesystem::perms(0666));
    const refusal why = refused(file);
    EXPECT_EQ(why.why, reason::unsafe_permissions);
    EXPECT_EQ(why.remedy, "chmod go-w " + file.native());
}

TEST_F(Loader, refuses_a_group_writable_directory_and_says_chmod) {
    const auto file = install("hello");
    std::filesystem::permissions(plugins_, std::filesystem::perms(0775));
    const refusal why = refused(file);
    EXPECT_EQ(why.why, reason::unsafe_directory);
    EXPECT_EQ(why.remedy, "chmod go-w " + plugins_.native());
}

TEST_F(Loader, refuses_a_group_writable_directory_further_up) {
    const auto file = install("hello");
    std::filesystem::permissions(root_, std::filesystem::perms(0775));
    EXPECT_EQ(refused(file).why, reason::unsafe_directory);
}

TEST_F(Loader, refuses_a_directory_for_temporary_files) {
    const auto file = install("hello");
    std::filesystem::permissions(root_, std::filesystem::perms(01777));
    const refusal why = refused(file);
    EXPECT_EQ(why.why, reason::unsafe_directory);
    EXPECT_THAT(why.text, HasSubstr("temporary"));
}

TEST_F(Loader, refuses_a_foreign_owner_and_says_chown) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can give a file away";
    }
    const auto file = install("hello");
    ASSERT_EQ(::chown(file.c_str(), 4321, 4321), 0);
    const refusal why = refused(file);
    EXPECT_EQ(why.why, reason::unsafe_permissions);
    EXPECT_EQ(why.remedy, "chown root " + file.native());
}

TEST_F(Loader, takes_unsafe_files_and_directories_only_when_told_to) {
    const auto file = install("hello");
    std::filesystem::permissions(file, std::filesystem::perms(0666));
    std::filesystem::permissions(plugins_, std::filesystem::perms(0777));
    settings_.allow_unsafe = true;
    loader under_test(settings_);
    const auto taken = under_test.load(file);
    EXPECT_TRUE(taken) << taken.error().message();
    std::filesystem::create_symlink(file, plugins_ / "link.so");
    EXPECT_EQ(refused(plugins_ / "link.so").why, reason::symlink);
}

TEST_F(Loader, refuses_a_symbolic_link) {
    std::filesystem::create_symlink(sample("hello"), plugins_ / "x.so");
    EXPECT_EQ(refused(plugins_ / "x.so").why, reason::symlink);
}

TEST_F(Loader, refuses_a_directory_with_the_name_of_a_plugin) {
    std::filesystem::create_directory(plugins_ / "x.so");
    EXPECT_EQ(refused(plugins_ / "x.so").why, reason::not_regular);
}

TEST_F(Loader, refuses_a_named_pipe_without_waiting_for_its_writer) {
    ASSERT_EQ(::mkfifo((plugins_ / "x.so").c_str(), 0644), 0);
    EXPECT_EQ(refused(plugins_ / "x.so").why, reason::not_regular);
}

TEST_F(Loader, refuses_a_missing_file) { EXPECT_EQ(refused(plugins_ / "x.so").why, reason::unreadable); }

TEST_F(Loader, refuses_an_unreadable_file) {
    const auto file = install("hello");
    std::filesystem::permissions(file, std::filesystem::perms(0));
    if (::geteuid() != 0) {
        EXPECT_EQ(refused(file).why, reason::unreadable);
        return;
    }
    // Root may read everything, so somebody else has to try.
    const pid_t child = ::fork();
    if (child == 0) {
        const bool is_other = ::setgid(65534) == 0 && ::setuid(65534) == 0;
        const auto taken = is_other ? loader(settings_).load(file) : module_ptr();
        ::_exit(!taken && taken.error().why == reason::unreadable ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(Loader, refuses_a_file_above_the_size_limit) {
    settings_.size_limit = 1000;
    EXPECT_EQ(refused(install("hello")).why, reason::too_large);
}

TEST_F(Loader, refuses_a_library_that_is_no_plugin) {
    const refusal why = refused(install("no_symbol"));
    EXPECT_EQ(why.why, reason::no_entry);
    EXPECT_THAT(why.text, HasSubstr("not a sonde plugin"));
}

TEST_F(Loader, refuses_another_abi_major_and_names_both_versions) {
    const refusal why = refused(install("wrong_major"));
    EXPECT_EQ(why.why, reason::abi_major);
    EXPECT_EQ(why.text, "it was built for plugin ABI 2.0");
    EXPECT_EQ(why.offer, "this host offers plugin ABI 1.1");
    EXPECT_EQ(why.remedy, "upgrade sonde, or rebuild the plugin with an SDK of plugin ABI 1");
}

TEST_F(Loader, refuses_a_newer_abi_minor_and_names_both_versions) {
    const refusal why = refused(install("newer_minor"));
    EXPECT_EQ(why.why, reason::abi_minor);
    EXPECT_EQ(why.text, "it was built for plugin ABI 1.2");
    EXPECT_EQ(why.offer, "this host offers plugin ABI 1.1");
}

TEST_F(Loader, refuses_a_plugin_without_a_note) {
    std::string bytes = read(sample("hello_c"));
    const std::size_t at = bytes.find(std::string("sonde\0\0\0", 8));
    ASSERT_NE(at, std::string::npos);
    bytes[at] = 'S';
    put(plugins_ / "x.so", bytes);
    const refusal why = refused(plugins_ / "x.so");
    EXPECT_EQ(why.why, reason::bad_note);
    EXPECT_THAT(why.remedy, HasSubstr("SONDE_PLUGIN_NOTE"));
}

TEST_F(Loader, refuses_a_note_that_contradicts_the_entry) {
    std::string bytes = read(sample("hello_c"));
    const std::size_t at = bytes.find(std::string("sonde\0\0\0", 8)) + 8 + offsetof(decltype(sonde_note::desc), id);
    bytes[at] = 'x';
    put(plugins_ / "x.so", bytes);
    const refusal why = refused(plugins_ / "x.so");
    EXPECT_EQ(why.why, reason::bad_note);
    EXPECT_THAT(why.text, AllOf(HasSubstr("xo.sonde.sample.hello_c"), HasSubstr("io.sonde.sample.hello_c")));
}

TEST_F(Loader, refuses_a_need_for_a_newer_libc_and_names_what_there_is) {
    std::string bytes = read(sample("hello"));
    const std::string wanted = "GLIBC_2.2.5";
    const std::size_t at = bytes.find(wanted);
    if (at == std::string::npos) {
        GTEST_SKIP() << "this architecture's oldest glibc version has another name";
    }
    bytes.replace(at, wanted.size(), "GLIBC_2.999");
    put(plugins_ / "x.so", bytes);
    const refusal why = refused(plugins_ / "x.so");
    EXPECT_EQ(why.why, reason::missing_symbol_version);
    EXPECT_THAT(why.text, HasSubstr("GLIBC_2.999"));
    EXPECT_THAT(why.offer, HasSubstr("this host has GLIBC_2."));
}

TEST_F(Loader, refuses_a_need_for_a_library_that_is_not_installed) {
    std::string bytes = read(sample("hello"));
    const std::string wanted = "libc.so.6";
    for (std::size_t at = 0; (at = bytes.find(wanted, at)) != std::string::npos; ++at) {
        bytes.replace(at, wanted.size(), "libq.so.6");
    }
    put(plugins_ / "x.so", bytes);
    const refusal why = refused(plugins_ / "x.so");
    EXPECT_EQ(why.why, reason::missing_library);
    EXPECT_THAT(why.text, HasSubstr("libq.so.6"));
}

TEST_F(Loader, refuses_a_plugin_that_crashes_in_init_and_names_the_signal) {
    const refusal why = refused(install("crashes_in_init"));
    EXPECT_EQ(why.why, reason::crashed);
    EXPECT_THAT(why.text, HasSubstr("signal 6"));
}

TEST_F(Loader, refuses_a_plugin_that_hangs_in_init_after_the_timeout) {
    settings_.probe_timeout = std::chrono::milliseconds(300);
    const refusal why = refused(install("hangs_in_init"));
    EXPECT_EQ(why.why, reason::hung);
    EXPECT_THAT(why.text, HasSubstr("300ms"));
}

}  // namespace
}  // namespace sonde::loader
