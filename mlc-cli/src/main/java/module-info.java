/** The {@code mlc} command. */
module org.mlcengine.cli {
  requires static org.jspecify;
  requires com.fasterxml.jackson.databind;
  requires info.picocli;
  requires java.logging;
  requires java.management;
  requires jdk.management;
  requires org.jline;
  requires org.mlcengine.core;
  requires org.mlcengine.natives;
  requires org.mlcengine.server;

  opens org.mlcengine.cli to
      info.picocli;
}
