// The system's SQLite, and its variadic calls that Swift cannot import.
#pragma once
#include <sqlite3.h>

/// Leaves out counts of memory that nobody asks for: each allocation would take a lock for them. Before the first opening.
static inline int settle_sqlite_configure(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

/// Defensive mode: SQL may not corrupt the file on purpose (writable_schema, journal_mode=OFF, ...).
static inline int settle_sqlite_enable_defensive(sqlite3 *database) {
  return sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
}

/// Whether this connection runs triggers and looks after foreign keys.
static inline int settle_sqlite_enable_guards(sqlite3 *database, int are) {
  const int status = sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, are, (int *)0);
  return status == SQLITE_OK ? sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_FKEY, are, (int *)0) : status;
}
