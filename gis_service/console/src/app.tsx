import { TopBar } from "./bar/top-bar";
import { MapView } from "./map/map-view";
import { HoverCard } from "./panel/hover-card";
import { LayerPanel } from "./panel/layer-panel";
import { Notices } from "./panel/notices";
import { OwnerPanel } from "./panel/owner-panel";
import { ground } from "./state/service";

export function App() {
  return (
    <>
      <TopBar />
      <main class="stage">
        <MapView />
        <HoverCard />
        {ground.value && <OwnerPanel />}
        <LayerPanel />
        <Notices />
        {ground.value?.attribution && <p class="attribution">{ground.value.attribution}</p>}
      </main>
    </>
  );
}
