/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Solves one instance with BtrPlace and prints one line of JSON.
 *
 * usage: BtrplacePeer INSTANCE.json[.gz] SECONDS first|best [repair]
 *
 * "first" stops at the first plan, "best" goes on improving until proved or out of time. "repair" lets BtrPlace move only
 * the VMs it takes for misplaced. A migration is never turned into a re-instantiation: the attribute "clone" is dropped.
 * The clock runs over the call of the solver only, neither over starting Java nor over reading the instance.
 */
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.btrplace.json.JSON;
import org.btrplace.model.Instance;
import org.btrplace.model.VM;
import org.btrplace.plan.ReconfigurationPlan;
import org.btrplace.plan.event.Action;
import org.btrplace.scheduler.choco.ChocoScheduler;
import org.btrplace.scheduler.choco.DefaultChocoScheduler;

public final class BtrplacePeer {
  private BtrplacePeer() {}

  private static Instance read(String path) throws Exception {
    InputStream raw = new FileInputStream(new File(path));
    try (InputStream in = path.endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
      return JSON.readInstance(new InputStreamReader(in, StandardCharsets.UTF_8));
    }
  }

  private static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\s+", " ") + '"';
  }

  public static void main(String[] arguments) throws Exception {
    Instance instance = read(arguments[0]);
    for (VM vm : instance.getModel().getMapping().getAllVMs()) {
      instance.getModel().getAttributes().unset(vm, "clone");
    }
    ChocoScheduler scheduler = new DefaultChocoScheduler();
    scheduler.setTimeLimit(Integer.parseInt(arguments[1]));
    scheduler.doOptimize(arguments[2].equals("best"));
    scheduler.doRepair(arguments.length > 3 && arguments[3].equals("repair"));
    ReconfigurationPlan plan = null;
    String error = null;
    long start = System.nanoTime();
    try {
      plan = scheduler.solve(instance);
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError failure) {
      error = failure.toString();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    StringBuilder line = new StringBuilder();
    line.append(String.format(java.util.Locale.ROOT, "{\"seconds\": %.3f", seconds));
    if (error != null) {
      System.out.println(line.append(", \"error\": ").append(quote(error)).append('}'));
      return;
    }
    boolean completed = scheduler.getStatistics() != null && scheduler.getStatistics().completed();
    line.append(", \"plan\": ").append(plan != null).append(", \"completed\": ").append(completed);
    if (plan != null) {
      Map<String, Integer> kinds = new TreeMap<>();
      for (Action action : plan.getActions()) {
        kinds.merge(action.getClass().getSimpleName(), 1, Integer::sum);
      }
      line.append(", \"duration\": ").append(plan.getDuration()).append(", \"actions\": {");
      String separator = "";
      for (Map.Entry<String, Integer> kind : kinds.entrySet()) {
        line.append(separator).append(quote(kind.getKey())).append(": ").append(kind.getValue());
        separator = ", ";
      }
      line.append('}');
    }
    System.out.println(line.append('}'));
  }
}
